"""Letters of a job run: read in order, each once, and never by half."""

from __future__ import annotations

import json
from typing import Any, cast

from dataops_platform.databricks.mail import Mail


class Volume:
    """Messages as they lie in a volume, by number."""

    def __init__(self, **letters: str) -> None:
        self.letters = letters

    def download_messages_chunk(self, index: int, _where: object) -> str | None:
        """The letter of that number, if it is there."""
        return self.letters.get(f"n{index}")


def message(method: str, **told: Any) -> str:
    """A line as Dagster Pipes writes it."""
    return json.dumps({"__dagster_pipes_version": "0.1", "method": method, "params": told})


def heard(volume: Volume) -> tuple[Mail, list[str]]:
    """Letters of that volume, and what they say when one looks."""
    letters, said = Mail(cast("Any", volume), {}, {}), list[str]()
    letters.look(said.append, print)
    return letters, said


def test_what_has_come_is_read_in_order_and_once():
    volume = Volume(n1=message("log", message="one") + "\n" + message("log", message="two"))
    letters, said = heard(volume)
    volume.letters["n2"] = message("log", message="three")
    letters.look(said.append, print)
    letters.look(said.append, print)

    assert said == ["one", "two", "three"]


def test_a_letter_that_is_not_whole_yet_is_read_when_it_is():
    whole = message("report_custom_message", payload={"result": {}}) + "\n" + message("closed")
    volume = Volume(n1=whole[:-5])
    letters, _ = heard(volume)
    assert (letters.answer, letters.is_closed) == (None, False)

    volume.letters["n1"] = whole
    letters.look(print, print)

    assert (letters.answer, letters.is_closed) == ({"result": {}}, True)


def test_messages_of_other_kinds_are_passed_over():
    letters, said = heard(Volume(n1=message("opened", extras={})))

    assert (said, letters.answer, letters.is_closed) == ([], None, False)


def test_what_a_run_warns_of_goes_to_the_log_and_is_not_announced():
    volume = Volume(
        n1=message("log", message="judging", level="INFO")
        + "\n"
        + message("log", message="lost", level="WARNING")
    )
    announced, logged = list[str](), list[str]()
    Mail(cast("Any", volume), {}, {}).look(announced.append, logged.append)

    assert (announced, logged) == (["judging"], ["lost"])
