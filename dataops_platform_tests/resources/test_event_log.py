"""The event log: Dagster's own storage with connections kept open gives the same events from the same files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.base import EventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from dataops_platform.resources import event_log
from dataops_platform.resources.event_log import PooledSqliteEventLog, forgetful_instance

DAYS = dg.DailyPartitionsDefinition("2026-01-01")


@dg.asset(partitions_def=DAYS)
def readings(context: dg.AssetExecutionContext) -> None:
    """An asset that says something of itself."""
    context.add_output_metadata({"rows": 3})


def home(folder: Path) -> Path:
    """A Dagster home that uses the pooled storage."""
    folder.mkdir()
    storage = {
        "module": event_log.__name__,
        "class": "PooledSqliteEventLog",
        "config": {"base_dir": str(folder)},
    }
    (folder / "dagster.yaml").write_text(str({"event_log_storage": storage}))
    return folder


def run(instance: dg.DagsterInstance, *days: str) -> list[str]:
    return [dg.materialize([readings], partition_key=day, instance=instance).run_id for day in days]


def events(
    storage: EventLogStorage[dg.DagsterInstance], run_ids: list[str]
) -> list[tuple[str | None, str, float]]:
    return [
        (entry.dagster_event_type, entry.message, entry.timestamp)
        for run_id in run_ids
        for entry in storage.get_logs_for_run(run_id)
    ]


@contextmanager
def reading(storage: SqliteEventLogStorage) -> Iterator[SqliteEventLogStorage]:
    try:
        yield storage
    finally:
        storage.dispose()


def dagsters_own(folder: Path) -> SqliteEventLogStorage:
    return SqliteEventLogStorage(str(folder / "history" / "runs"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Dagster home that uses the pooled storage."""
    return home(tmp_path_factory.mktemp("pooled") / "home")


@pytest.fixture(scope="module")
def pooled(folder):
    """An instance of Dagster with the pooled storage; one for all tests, as each takes a second to make."""
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert isinstance(instance.event_log_storage, PooledSqliteEventLog)
        yield instance


def test_dagsters_own_storage_reads_the_same_events_from_the_same_files(pooled, folder):
    run_ids = run(pooled, "2026-01-01", "2026-01-02")

    with reading(dagsters_own(folder)) as own:
        assert events(own, run_ids) == events(pooled.event_log_storage, run_ids)
        assert len(events(own, run_ids)) > 10
        assert {"2026-01-01", "2026-01-02"} <= own.get_materialized_partitions(readings.key)


def test_what_dagsters_own_storage_wrote_is_read(tmp_path):
    folder = home(tmp_path / "home")
    (folder / "dagster.yaml").write_text("{}")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        run_ids = run(instance, "2026-01-01")
        written = events(instance.event_log_storage, run_ids)

    with reading(PooledSqliteEventLog(str(folder))) as storage:
        assert events(storage, run_ids) == written
        assert storage.get_materialized_partitions(readings.key) == {"2026-01-01"}


def test_no_more_connections_are_kept_than_wanted_and_none_after_its_end(pooled, monkeypatch):
    monkeypatch.setattr(event_log, "_MOST_ENGINES", 2)
    storage = pooled.event_log_storage

    run_ids = run(pooled, "2026-01-01", "2026-01-02", "2026-01-03")

    assert len(storage._engines) <= 2  # noqa: SLF001  # what is bounded is private
    assert all(storage.get_logs_for_run(run_id) for run_id in run_ids)

    storage.dispose()

    assert storage._engines == {}  # noqa: SLF001  # as above


def test_a_deleted_run_is_forgotten(pooled):
    [gone, kept] = run(pooled, "2026-01-01", "2026-01-02")

    pooled.delete_run(gone)

    assert pooled.event_log_storage.get_logs_for_run(gone) == []
    assert pooled.event_log_storage.get_logs_for_run(kept)


def test_who_keeps_no_history_is_told_how_steps_ended_and_nothing_of_partitions():
    @dg.asset(partitions_def=DAYS, deps=[readings])
    def broken() -> None:
        raise dg.Failure("no")

    with forgetful_instance() as instance:
        done = dg.materialize(
            [readings, broken], partition_key="2026-01-01", instance=instance, raise_on_error=False
        )

        assert not done.success
        assert [
            e.step_key for e in instance.all_logs(done.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        ] == ["broken"]
        assert not instance.event_log_storage.get_materialized_partitions(readings.key)
