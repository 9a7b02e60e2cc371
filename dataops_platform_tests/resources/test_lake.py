"""The lake: exactly the named dates are replaced, and what was published is read back as it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.resources.given_rows import MONDAY, NAME, TUESDAY, WEDNESDAY, counts, rows, state


def files_of(lake, day):
    """The data files that hold one date."""
    return sorted(uri for uri in DeltaTable(f"{lake.url}/{NAME}").file_uris() if str(day) in uri)


def test_replacing_a_date_changes_exactly_that_date(filled):
    tuesday = files_of(filled, TUESDAY)

    done = filled.replace(NAME, rows(MONDAY, name="new"), [MONDAY])

    assert counts(done.partitions)[MONDAY] == 1
    assert counts(filled.partitions(NAME)) == {MONDAY: 1, TUESDAY: 1}
    assert files_of(filled, TUESDAY) == tuesday != []


def test_a_date_tells_when_its_newest_file_was_written(filled):
    before = filled.partitions(NAME)

    filled.replace(NAME, rows(MONDAY, name="new"), [MONDAY])

    after = filled.partitions(NAME)
    assert after[MONDAY].written_at > before[MONDAY].written_at
    assert after[TUESDAY].written_at == before[TUESDAY].written_at
    assert after[MONDAY].written_at <= datetime.now(UTC)


def test_a_frame_has_the_rows_of_when_it_was_asked_for(filled):
    frame = filled.frame(NAME)

    filled.replace(NAME, rows(MONDAY, MONDAY, WEDNESDAY, name="new"), [MONDAY, WEDNESDAY])

    assert (frame.count(), filled.frame(NAME).count()) == (3, 4)


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

    assert done.version == 3  # the table is made first, without rows
    assert counts(done.partitions) == counts(lake.partitions(NAME)) == dict.fromkeys(days, 2)
    assert [facts.files for facts in done.partitions.values()] == [1] * 5
    assert all(facts.bytes > 0 for facts in done.partitions.values())


def test_a_table_is_partitioned_by_ingestion_date_first_and_says_what_it_is(lake):
    lake.replace(NAME, rows(MONDAY), [MONDAY], partitioned_by=("name",), description="Payments.")

    metadata = DeltaTable(f"{lake.url}/{NAME}").metadata()
    assert metadata.partition_columns == ["ingestion_date", "name"]
    assert metadata.description == "Payments."


def test_who_opens_a_table_reads_few_commits_however_often_it_was_written(filled):
    for _ in range(12):
        filled.replace(NAME, rows(MONDAY, name="new"), [MONDAY])

    log = Path(filled.url, NAME, "_delta_log")
    newest = max(int(path.name.partition(".")[0]) for path in log.glob("*.checkpoint.parquet"))
    assert state(filled)[0] - newest < 10


def test_a_frame_of_some_dates_holds_their_rows_alone(filled):
    frame = filled.frame(NAME, [TUESDAY])

    assert [row["ingestion_date"] for row in frame.toArrow().to_pylist()] == [TUESDAY]
    assert filled.frame(NAME).toArrow().num_rows == 3
    assert filled.frame("silver/unknown") is None


def test_what_is_appended_is_there_beside_what_was(lake):
    table = rows(MONDAY).table

    lake.append("observability/x", table)
    lake.append("observability/x", table)

    assert lake.records("observability/x").num_rows == 2
    assert lake.records("observability/none") is None
    assert [commit["version"] for commit in lake.history("observability/x")] == [1, 0]


def test_what_was_appended_is_read_once(lake, monkeypatch):
    opened: list[str] = []
    open_file = DeltaStorageHandler.open_input_file

    def watched(storage, path):
        opened.append(path)
        return open_file(storage, path)

    monkeypatch.setattr(DeltaStorageHandler, "open_input_file", watched)
    for name in ("a", "b", "c"):
        lake.append("observability/x", rows(MONDAY, name=name).table)
        assert name in lake.records("observability/x")["name"].to_pylist()

    assert len(opened) == len(set(opened)) == lake.records("observability/x").num_rows == 3


def test_rows_that_another_process_appended_or_compacted_are_seen(lake, engine):
    for name in ("a", "b"):
        lake.append("observability/x", rows(MONDAY, name=name).table)
    assert lake.records("observability/x").num_rows == 2

    DeltaLake(lake.url, engine).append("observability/x", rows(MONDAY, name="c").table)
    DeltaTable(f"{lake.url}/observability/x").optimize.compact()

    assert sorted(lake.records("observability/x")["name"].to_pylist()) == ["a", "b", "c"]
