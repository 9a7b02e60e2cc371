"""A text that changes in a contract reaches the log of a table that is there; nobody who publishes fails by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from dataops_platform.errors import WriteConflict
from dataops_platform.resources import table_texts
from dataops_platform_tests.resources.given_rows import (
    MONDAY,
    NAME,
    SCHEMA,
    TUESDAY,
    WEDNESDAY,
    Given,
    counts,
    rows,
    state,
)

FIRST = {"name": "Who pays.", "amount": "How much."}


def commented(texts: Mapping[str, str]) -> pa.Schema:
    return pa.schema(
        field.with_metadata({"comment": texts[field.name]}) if field.name in texts else field
        for field in SCHEMA
    )


def told(lake):
    """The columns that the log says something of, and what."""
    fields = DeltaTable(f"{lake.url}/{NAME}").schema().fields
    return {field.name: field.metadata["comment"] for field in fields if "comment" in field.metadata}


def publish(lake, *days, texts=FIRST, name="a"):
    return lake.replace(NAME, rows(*days, name=name, schema=commented(texts)), days)


@pytest.fixture
def said(lake):
    """The lake with a row each of Monday and Tuesday, in a table that says what it holds."""
    publish(lake, MONDAY, TUESDAY)
    return lake


def test_texts_that_have_changed_are_told_in_one_commit(said):
    before = state(said)
    newer = {"name": "Who paid.", "tags": "Free words.", "ingestion_date": "When it landed."}

    done = publish(said, WEDNESDAY, texts=newer)

    assert told(said) == FIRST | newer
    assert (done.version, state(said)[0]) == (before[0] + 2,) * 2
    assert counts(done.partitions) == {MONDAY: 1, TUESDAY: 1, WEDNESDAY: 1}
    assert set(before[1]) < set(state(said)[1]), "no file was touched"
    files = Path(said.url, NAME).glob("*/*.parquet")
    assert not any(field.metadata for file in files for field in pq.read_schema(file))


def test_texts_that_are_as_they_were_make_no_commit(said):
    before = state(said)[0]

    publish(said, MONDAY)
    publish(said, MONDAY, texts={})

    assert told(said) == FIRST, "what nobody tells any more stays"
    assert state(said)[0] == before + 2


def test_a_table_keeps_all_else_that_it_says_of_itself(said):
    table = DeltaTable(f"{said.url}/{NAME}")
    table.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 3 days"})
    table.alter.set_column_metadata("name", {"team": "sales"})
    table.alter.add_constraint({"known": "amount > 0"})
    before = DeltaTable(table.table_uri).metadata()

    publish(said, TUESDAY, texts={"name": "Who paid."})

    after = DeltaTable(table.table_uri)
    assert (after.metadata().id, after.metadata().configuration) == (before.id, before.configuration)
    assert after.metadata().partition_columns == ["ingestion_date"]
    [name, *_] = after.schema().fields
    assert name.metadata == {"comment": "Who paid.", "team": "sales"}


class Meanwhile(Given):
    """Rows that are asked for while somebody else does something, the first time."""

    then: Callable[[], object]

    def batches(self, dates):
        first, self.then = self.then, lambda: None
        first()
        return super().batches(dates)


def meanwhile(days, then):
    given = Meanwhile(rows(*days, name="mine", schema=commented(FIRST)).table)
    given.then = then
    return given


@pytest.mark.parametrize(
    "then",
    [
        lambda lake: publish(lake, TUESDAY, texts={"name": "Who paid."}, name="other"),
        lambda lake: DeltaTable(f"{lake.url}/{NAME}").alter.set_table_properties(
            {"delta.appendOnly": "false"}
        ),
    ],
    ids=["its texts", "a property"],
)
def test_who_publishes_while_somebody_changes_what_the_table_says_publishes_too(said, then):
    said.replace(NAME, meanwhile([MONDAY], lambda: then(said)), [MONDAY])

    assert counts(said.partitions(NAME)) == {MONDAY: 1, TUESDAY: 1}
    assert "'mine'" in str(state(said)[2])
    assert told(said) == FIRST, "those of the last who published"


def test_of_two_who_publish_a_date_the_later_is_told_though_texts_have_changed_too(said):
    def then():
        DeltaTable(f"{said.url}/{NAME}").alter.set_table_properties({"delta.appendOnly": "false"})
        publish(said, MONDAY, texts={"name": "Who paid."}, name="other")

    with pytest.raises(WriteConflict, match="same dates first"):
        said.replace(NAME, meanwhile([MONDAY], then), [MONDAY])

    assert "'mine'" not in str(state(said)[2])


def test_writers_of_two_contracts_at_once_all_publish(said):
    writers, start = 8, Barrier(8)
    days = [MONDAY + timedelta(days=7 + number) for number in range(writers)]

    def run(number):
        start.wait()
        publish(said, days[number], texts={"name": f"As of contract {number % 2}."})

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(run, range(writers)))

    assert counts(said.partitions(NAME)) == dict.fromkeys([MONDAY, TUESDAY, *days], 1)
    assert told(said)["name"] in {"As of contract 0.", "As of contract 1."}


def test_texts_that_cannot_be_told_now_are_told_by_the_next_publication(said, monkeypatch):
    def lost(*_arguments, **_options):
        raise OSError("the storage does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(table_texts, "write_deltalake", lost)
        done = publish(said, WEDNESDAY, texts={"name": "Who paid."})

    assert done.rows(WEDNESDAY) == 1
    assert told(said) == FIRST
    publish(said, WEDNESDAY, texts={"name": "Who paid."})
    assert told(said)["name"] == "Who paid."
