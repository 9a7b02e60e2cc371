"""Planted secrets and personal values: no command, page, report, alert or table about tables tells one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dataops_platform_tests.deploy.commands import ended
from dataops_platform_tests.deploy.planted import (
    HOOK_SECRETS,
    MARKS,
    PUBLIC,
    REFUSED_DAY,
    SECRETS,
    SOUND_DAY,
    finds,
    land,
    people,
)

pytestmark = [pytest.mark.integration, pytest.mark.slow]

COMMANDS = [
    "sync",
    "status",
    "status --json",
    "metrics",
    "metrics --prometheus",
    "quarantine list",
    f"quarantine show customers {REFUSED_DAY}",
    f"quarantine show customers {SOUND_DAY}",
    f"quarantine show transactions {REFUSED_DAY}",
    f"quarantine show support_tickets {REFUSED_DAY}",
    f"quarantine release customers {REFUSED_DAY} --reason checked --by ann --dry-run",
    "crawl",
    "docs --out site",
    "quality-report --out quality",
    "quality-report --out quality --json",
    "maintain --dry-run",
    "doctor",
    "contracts list",
    "lineage silver/customers.email",
]
#: Which of them show rows as they landed, in columns that the contract calls public: that is what they are asked for.
SHOW = tuple(words for words in COMMANDS if words.startswith("quarantine show"))
SHOWN = {"heldq7xdate", "heldq7xamount"}
REVEALED = f"quarantine show customers {SOUND_DAY} --reveal"
#: Where rows themselves are, personal values included.
HOLDS_ROWS = {"bronze", "silver", "gold", "quarantine"}


@dataclass(frozen=True)
class Told:
    """All that was told, by where, and what was shown to somebody who asked to see values."""

    places: dict[str, str]
    revealed: str


def texts_of_lake(lake: Path) -> str:
    """What the lake holds about its tables: journal, incidents, metrics, profiles and the crawl's entries."""
    found = []
    for path in sorted(lake.rglob("*")):
        if path.is_file() and path.relative_to(lake).parts[0] not in HOLDS_ROWS:
            is_rows = path.suffix == ".parquet" and "_delta_log" not in path.parts
            found.append(repr(pq.read_table(path).to_pylist()) if is_rows else path.read_bytes().decode())
    return "\n".join(found)


def texts_below(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """All that commands, pages, report, alerts and the lake tell after these files have landed."""
    folder = tmp_path_factory.mktemp("planted")
    land(folder / "landing")
    with people() as told_people:
        variables = SECRETS | {
            "DATAOPS_LANDING_URL": "landing",
            "DATAOPS_LAKE_URL": "lake",
            "DATAOPS_FIRST_DATE": "2026-06-01",
            "DATAOPS_ALERT_URLS": told_people.addresses,
        }
        commands = [*COMMANDS, REVEALED]
        done = ended(folder, [words.split() for words in commands], **variables)
        places = {words: each.text for words, each in zip(commands, done, strict=True)}
    revealed = places.pop(REVEALED)
    places |= told_people.heard() | {
        "the site": texts_below(folder / "site"),
        "the report": texts_below(folder / "quality"),
        "the lake": texts_of_lake(folder / "lake"),
    }
    return Told(places, revealed)


def test_whoever_asks_to_see_values_sees_them_and_whoever_looks_for_marks_finds_them(told):
    assert {"heldq7xkey", "heldq7xname", "heldq7xemail", "heldq7xdate", "rescuedq7x"} <= {
        *finds(told.revealed)
    }
    assert PUBLIC in told.places["the site"], "samples show what is public, and are looked through"
    assert PUBLIC in told.places["the lake"]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("sync", "customers"),
        ("quarantine list", "customer_id_is_present"),
        (f"quarantine show customers {SOUND_DAY}", "signup_date_is_valid"),
        ("the web hook", REFUSED_DAY),
        ("mails", REFUSED_DAY),
        ("the site", "customer_id_is_present"),
        ("the report", REFUSED_DAY),
        ("the lake", "customer_id_is_present"),
    ],
)
def test_what_was_refused_is_told(told, place, words):
    assert words in told.places[place]


@pytest.mark.parametrize("mark", MARKS)
def test_no_personal_value_is_told(told, mark):
    found = [place for place, text in told.places.items() if mark in finds(text)]

    assert [place for place in found if not (place in SHOW and mark in SHOWN)] == []


@pytest.mark.parametrize("secret", [*SECRETS.values(), *HOOK_SECRETS])
def test_no_secret_is_told(told, secret):
    assert [place for place, text in told.places.items() if secret in text] == []
    assert secret not in told.revealed
