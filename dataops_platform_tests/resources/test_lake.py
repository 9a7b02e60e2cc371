"""The lake: whatever does not fit is refused, and leaves the table's version, files and rows as they were."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake

from dataops_platform.errors import PublishRefused, Unreachable, WriteConflict
from dataops_platform.resources.lake import DeltaLake

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 1, 5) + timedelta(days=n) for n in range(3))
SCHEMA = pa.schema(
    {
        "name": pa.string(),
        "amount": pa.decimal128(18, 2),
        "tags": pa.list_(pa.string()),
        "ingestion_date": pa.date32(),
    }
)
NAME = "silver/payments"


@dataclass
class Given:
    """Rows as a test gives them, streamed two at a time; `all_dates` gives those of other dates as well."""

    table: pa.Table
    all_dates: bool = False
    fails_after: int | None = None
    failure: Exception = field(default_factory=lambda: OSError("the disk is gone, says secret-person"))

    @property
    def schema(self):
        return self.table.schema

    def batches(self, dates):
        wanted = pc.is_in(self.table["ingestion_date"], pa.array(dates, pa.date32()))
        table = self.table if self.all_dates else self.table.filter(wanted)
        return pa.RecordBatchReader.from_batches(self.schema, self._stream(table))

    def _stream(self, table):
        for number, batch in enumerate(table.to_batches(max_chunksize=2)):
            if number == self.fails_after:
                raise self.failure
            yield batch


def rows(*days, name="secret-person", schema=SCHEMA, **given):
    values = [
        {"name": name, "amount": Decimal("1.50"), "tags": ["a"], "ingestion_date": day, "note": "x"}
        for day in days
    ]
    return Given(pa.Table.from_pylist(values, schema), **given)


@pytest.fixture
def lake(tmp_path, engine):
    return DeltaLake(str(tmp_path), engine)


@pytest.fixture
def filled(lake):
    """The lake with two rows of Monday and one of Tuesday."""
    lake.replace(NAME, rows(MONDAY, MONDAY, TUESDAY, name="a"), [MONDAY, TUESDAY])
    return lake


def state(lake):
    """Version, files on disk and rows of the table."""
    table = DeltaTable(f"{lake.url}/{NAME}")
    found = table.to_pyarrow_table().to_pylist()
    return table.version(), sorted(table.file_uris()), sorted(map(repr, found))


def with_field(name, type_):
    index = SCHEMA.get_field_index(name)
    return SCHEMA.set(index, pa.field(name, type_)) if index >= 0 else SCHEMA.append(pa.field(name, type_))


def counts(partitions):
    """Rows by date."""
    return {day: facts.rows for day, facts in partitions.items()}


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


def test_a_refused_first_write_makes_no_table(lake):
    with pytest.raises(PublishRefused):
        lake.replace(NAME, rows(MONDAY, TUESDAY, all_dates=True), [MONDAY])

    assert lake.frame(NAME) is None
    assert lake.partitions(NAME) == {}


def test_replacing_a_date_changes_exactly_that_date(filled):
    tuesday = [uri for uri in state(filled)[1] if str(TUESDAY) in uri]

    done = filled.replace(NAME, rows(MONDAY, name="new"), [MONDAY])

    assert counts(done.partitions)[MONDAY] == 1
    assert counts(filled.partitions(NAME)) == {MONDAY: 1, TUESDAY: 1}
    assert [uri for uri in state(filled)[1] if str(TUESDAY) in uri] == tuesday


def test_replacing_with_the_same_rows_changes_no_row(filled):
    before = state(filled)[2]

    filled.replace(NAME, rows(MONDAY, MONDAY, name="a"), [MONDAY])

    assert state(filled)[2] == before


def test_a_date_replaced_with_nothing_holds_nothing(filled):
    filled.replace(NAME, rows(), [MONDAY])

    assert counts(filled.partitions(NAME)) == {TUESDAY: 1}


def test_nothing_for_dates_that_hold_nothing_writes_no_version(filled):
    version = state(filled)[0]

    done = filled.replace(NAME, rows(), [WEDNESDAY])

    assert state(filled)[0] == done.version == version


def test_many_dates_are_committed_in_chunks_each_date_once(tmp_path, engine):
    lake = DeltaLake(str(tmp_path), engine, dates_a_commit=2)
    days = [MONDAY + timedelta(days=n) for n in range(5)]

    done = lake.replace(NAME, rows(*days, *days), days)

    assert done.version == 2
    assert counts(done.partitions) == counts(lake.partitions(NAME)) == dict.fromkeys(days, 2)
    assert [facts.files for facts in done.partitions.values()] == [1] * 5
    assert all(facts.bytes > 0 for facts in done.partitions.values())


def test_a_chunk_that_is_refused_leaves_whole_dates_behind_it(tmp_path, engine):
    lake = DeltaLake(str(tmp_path), engine, dates_a_commit=1)
    lake.replace(NAME, rows(MONDAY, TUESDAY, name="a"), [MONDAY, TUESDAY])

    with pytest.raises(PublishRefused):
        lake.replace(NAME, rows(MONDAY, TUESDAY, TUESDAY, TUESDAY, fails_after=1), [MONDAY, TUESDAY])

    assert [row["name"] for row in lake.frame(NAME, [MONDAY]).toArrow().to_pylist()] == ["secret-person"]
    assert [row["name"] for row in lake.frame(NAME, [TUESDAY]).toArrow().to_pylist()] == ["a"]


def test_a_table_is_partitioned_by_ingestion_date_first_and_says_what_it_is(lake):
    lake.replace(NAME, rows(MONDAY), [MONDAY], partitioned_by=("name",), description="Payments.")

    metadata = DeltaTable(f"{lake.url}/{NAME}").metadata()
    assert metadata.partition_columns == ["ingestion_date", "name"]
    assert metadata.description == "Payments."


def test_a_frame_of_some_dates_holds_their_rows_alone(filled):
    frame = filled.frame(NAME, [TUESDAY])

    assert [row["ingestion_date"] for row in frame.toArrow().to_pylist()] == [TUESDAY]
    assert filled.frame(NAME).toArrow().num_rows == 3
    assert filled.frame("silver/unknown") is None


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


def test_what_is_appended_is_there_beside_what_was(lake):
    table = rows(MONDAY).table

    lake.append("observability/x", table)
    lake.append("observability/x", table)

    assert lake.records("observability/x").num_rows == 2
    assert lake.records("observability/none") is None
    assert [commit["version"] for commit in lake.history("observability/x")] == [1, 0]
