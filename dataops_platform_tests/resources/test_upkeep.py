"""Upkeep: the platform's own tables become small, whoever reads and writes meanwhile, and answer as before."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from dataops_platform.core.measurement import Measurement
from dataops_platform.core.ports import Entry
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.errors import WriteConflict
from dataops_platform.layers.upkeep_job import is_untidy, maintained
from dataops_platform.observability import incidents, metrics, outbox
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.observability.signs import Sign
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.lake import DeltaLake
from dataops_platform.resources.upkeep import DeltaUpkeep

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
STEPS = 12
TABLES = ["incidents", "metrics", "receipts", "verdicts"]


@pytest.fixture
def folder(tmp_path):
    """A lake in which a dozen steps have left what they leave."""
    lake = opened(tmp_path / "lake")
    for number in range(STEPS):
        at, day = NOON + timedelta(minutes=number), date(2026, 3, 1 + number % 5)
        entry = Entry("orders", "silver", day, f"x{number}", "v1", number % 3 > 0, number, 0, "m", "r", at)
        DeltaJournal(lake).record([entry])
        metrics.record(
            lake, [Measurement("orders", "silver", day, "row_count", float(number), f"r{number}", at)]
        )
        outbox.receive(lake, "list", [f"item {number}"], at)
        found = [Sign("late", "orders", (day,), "Late.", "The source.", NOON)] if number % 2 else []
        incidents.record(lake, incidents.advanced(incidents.history(lake), found, {}, at))
    return tmp_path / "lake"


def opened(folder):
    """The lake as a process that has just begun sees it; its engine is never asked."""
    return DeltaLake(str(folder), EmbeddedEngine())


def upkeep_of(folder, **kept):
    return DeltaUpkeep(str(folder), FolderStore(folder), **kept)


def answers(folder):
    """What readers are told."""
    lake = opened(folder)
    numbers = metrics.latest(lake).drop(columns="at").sort_values(["ingestion_date"]).to_dict("records")
    state = DeltaJournal(lake).state()
    return state.last, state.published, numbers, outbox.delivered(lake, "list"), incidents.history(lake)


def data_files(folder):
    return list(Path(folder).rglob("*.parquet"))


def test_readers_are_told_the_same_and_open_one_file(folder):
    before, upkeep = answers(folder), upkeep_of(folder, kept=timedelta(0))

    done = {one.table: one for one in maintained(upkeep)}

    assert set(done) == {f"observability/{name}" for name in TABLES}
    for one in done.values():
        assert one.before is not None
        assert one.after is not None
        assert one.before.files > 5
        assert (one.after.files, one.after.commits, one.after.left) == (1, 0, 0)
        assert one.after.bytes < one.before.bytes
    assert answers(folder) == before


def test_a_night_after_which_nothing_was_written_changes_nothing(folder):
    upkeep = upkeep_of(folder, kept=timedelta(0))
    list(maintained(upkeep))
    files = sorted(map(str, Path(folder).rglob("*.*")))

    assert [one.after for one in maintained(upkeep)] == [None] * len(TABLES)
    assert sorted(map(str, Path(folder).rglob("*.*"))) == files


def test_a_dry_run_says_what_would_be_done_and_does_nothing(folder):
    files = sorted(map(str, Path(folder).rglob("*.*")))

    told = list(maintained(upkeep_of(folder), dry_run=True))

    assert all(one.before and is_untidy(one.before) and one.after is None for one in told)
    assert sorted(map(str, Path(folder).rglob("*.*"))) == files


def test_what_somebody_may_be_reading_stays_for_a_day(folder):
    path = str(folder / "observability" / "metrics")
    reader = DeltaTable(path)

    after = upkeep_of(folder).tidy("observability/metrics")

    assert after.left == STEPS
    assert pa.table(reader.to_pyarrow_table()).num_rows == STEPS
    tidied = upkeep_of(folder, kept=timedelta(0)).tidy("observability/metrics")
    assert tidied.left == 0
    assert len(data_files(folder / "observability" / "metrics")) == 1 + len(
        list(Path(path, "_delta_log").glob("*.parquet"))
    )


def test_steps_that_end_meanwhile_lose_nothing(folder):
    """A writer and a tidier that never wait for each other."""
    writer, problems = opened(folder), []

    def write():
        try:
            for number in range(40):
                outbox.receive(writer, "list", [f"meanwhile {number}"], NOON)
        except Exception as error:  # noqa: BLE001  # a thread's error is told by the test
            problems.append(error)

    thread = Thread(target=write)
    thread.start()
    tidied = 0
    while thread.is_alive() or not tidied:
        upkeep_of(folder, kept=timedelta(0)).tidy("observability/receipts")
        tidied += 1
    thread.join()

    assert problems == []
    heard = outbox.delivered(opened(folder), "list")
    assert heard == {f"item {n}" for n in range(STEPS)} | {f"meanwhile {n}" for n in range(40)}


def test_two_who_tidy_at_the_same_time_leave_each_row_once(folder):
    together, said = Barrier(2), []

    def tidy():
        together.wait()
        try:
            upkeep_of(folder).tidy("observability/receipts")
        except WriteConflict as conflict:
            said.append(str(conflict))

    threads = [Thread(target=tidy) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all("somebody else" in text for text in said)
    assert len(said) < 2, "one of them did it"
    records = opened(folder).records("observability/receipts")
    assert sorted(records["item"].to_pylist()) == sorted(f"item {n}" for n in range(STEPS))


def test_a_table_that_somebody_else_tidies_is_passed_over_and_the_others_are_not(folder):
    class Busy(DeltaUpkeep):
        def tidy(self, table):
            if table.endswith("metrics"):
                raise WriteConflict(f"{table} was tidied by somebody else.")
            return super().tidy(table)

    done = {one.table: one.after for one in maintained(Busy(str(folder), FolderStore(folder)))}

    assert [table for table, after in done.items() if after is None] == ["observability/metrics"]


def test_a_process_that_has_read_before_reads_on(folder):
    lake = opened(folder)
    before = metrics.latest(lake)
    upkeep_of(folder, kept=timedelta(0)).tidy("observability/metrics")
    at = NOON + timedelta(days=1)
    metrics.record(lake, [Measurement("orders", "silver", date(2026, 3, 9), "row_count", 1.0, "new", at)])

    assert len(metrics.latest(lake)) == len(before) + 1
