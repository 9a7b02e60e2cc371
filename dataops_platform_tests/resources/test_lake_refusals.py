"""The lake's refusals: what does not fit leaves the table's version, files and rows as they were."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from dataops_platform.errors import PublishRefused, Unreachable, WriteConflict
from dataops_platform.resources.lake import DeltaLake
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


def with_field(name, type_):
    index = SCHEMA.get_field_index(name)
    return SCHEMA.set(index, pa.field(name, type_)) if index >= 0 else SCHEMA.append(pa.field(name, type_))


WRONG = {
    "of another date": (rows(MONDAY, WEDNESDAY, all_dates=True), "rows are of ingestion date 2026-01-07"),
    "without a date": (rows(MONDAY, None, all_dates=True), "rows are of ingestion date null"),
    "unknown column": (rows(MONDAY, schema=with_field("note", pa.string())), "note is unknown"),
    "missing column": (
        rows(MONDAY, schema=pa.schema([f for f in SCHEMA if f.name != "name"])),
        "name is missing",
    ),
    "double for money": (
        Given(rows(MONDAY).table.set_column(1, "amount", pa.array([2.675]))),
        r"amount is double, not decimal128\(18, 2\)",
    ),
    "finer money": (
        rows(MONDAY, schema=with_field("amount", pa.decimal128(18, 4))),
        r"amount is decimal128\(18, 4\), not decimal128\(18, 2\)",
    ),
    "another list": (
        Given(rows(MONDAY).table.set_column(2, "tags", pa.array([[1]]))),
        "tags is list<int64>, not list<string>",
    ),
    "a reader that fails midway": (rows(*[MONDAY] * 6, fails_after=2), "nothing was written"),
}


@pytest.mark.parametrize(("wrong", "told"), WRONG.values(), ids=WRONG)
def test_rows_that_do_not_fit_are_refused_and_leave_version_and_files_as_they_were(filled, wrong, told):
    before = state(filled)

    with pytest.raises(PublishRefused, match=told) as refusal:
        filled.replace(NAME, wrong, [MONDAY])

    assert state(filled) == before
    assert str(refusal.value).startswith(NAME)
    assert "secret-person" not in str(refusal.value)
    assert "2.675" not in str(refusal.value)


@pytest.mark.parametrize("batches_before", [0, 2])
def test_a_source_that_stops_answering_midway_stays_worth_another_try(filled, batches_before):
    before = state(filled)
    unanswered = rows(*[MONDAY] * 6, fails_after=batches_before, failure=Unreachable("S3 did not answer."))

    with pytest.raises(Unreachable, match="S3 did not answer"):
        filled.replace(NAME, unanswered, [MONDAY])

    assert state(filled) == before


def test_a_refused_first_write_leaves_a_table_without_rows(lake):
    with pytest.raises(PublishRefused):
        lake.replace(NAME, rows(MONDAY, TUESDAY, all_dates=True), [MONDAY])

    assert lake.partitions(NAME) == {}
    assert counts(lake.replace(NAME, rows(MONDAY), [MONDAY]).partitions) == {MONDAY: 1}


def test_a_chunk_that_is_refused_leaves_whole_dates_behind_it(tmp_path, engine):
    lake = DeltaLake(str(tmp_path), engine, dates_a_commit=1)
    lake.replace(NAME, rows(MONDAY, TUESDAY, name="a"), [MONDAY, TUESDAY])

    with pytest.raises(PublishRefused):
        lake.replace(NAME, rows(MONDAY, TUESDAY, TUESDAY, TUESDAY, fails_after=1), [MONDAY, TUESDAY])

    assert counts(lake.partitions(NAME)) == {MONDAY: 1, TUESDAY: 1}
    assert "'name': 'secret-person'" in str(state(lake)[2])
    assert "'name': 'a'" in str(state(lake)[2])


class Overtaken(Given):
    """Rows that are asked for while another writer publishes its own, for these dates."""

    other: Given
    path: str

    def batches(self, dates):
        days = ", ".join(f"'{day}'" for day in self.other.table["ingestion_date"].to_pylist())
        predicate = f"ingestion_date IN ({days})"
        write_deltalake(self.path, self.other.table, mode="overwrite", predicate=predicate)
        return super().batches(dates)


def overtaken(lake, mine, other):
    found = Overtaken(mine.table)
    found.path, found.other = f"{lake.url}/{NAME}", other
    return found


def test_of_two_writers_of_one_date_the_later_is_told_to_try_again(filled):
    with pytest.raises(WriteConflict, match="another writer") as conflict:
        filled.replace(NAME, overtaken(filled, rows(MONDAY), rows(MONDAY, name="other")), [MONDAY])

    assert conflict.value.is_transient
    assert str(conflict.value).startswith(NAME)
    assert "'other'" in str(state(filled)[2])


def test_two_writers_of_different_dates_both_publish(filled):
    filled.replace(NAME, overtaken(filled, rows(MONDAY), rows(TUESDAY, name="other")), [MONDAY])

    assert counts(filled.partitions(NAME)) == {MONDAY: 1, TUESDAY: 1}
    assert "'other'" in str(state(filled)[2])
