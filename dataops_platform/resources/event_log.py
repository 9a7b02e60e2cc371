"""Event logs for ranges of dates, which write thousands of events: one in SQLite, and one that nobody reads.

Dagster 1.13 makes a new SQLAlchemy engine for every event in SQLite, which costs five times as much as the event
itself. `PooledSqliteEventLog` keeps one engine for each database file; everything else is Dagster's own. Production
uses PostgreSQL instead. A process without DAGSTER_HOME forgets its runs when it ends: to tell of their partitions
would cost more than the work on small ones, and is left out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster import DagsterEventType, DagsterInstance
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log.in_memory import InMemoryEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import QueuePool

#: Run databases kept open at once; a daemon sees thousands of runs in its life.
_MOST_ENGINES = 16
_OF_PARTITIONS = frozenset(
    {
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.ASSET_CHECK_EVALUATION,
    }
)


class PooledSqliteEventLog(SqliteEventLogStorage):
    """Stores the same files as Dagster's own, in `history/` below `base_dir`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._engines_lock = threading.Lock()
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

    @cached_property
    def supports_asset_checks(self) -> bool:
        """Whether the tables are there; Dagster would look for each of thousands of results."""
        return bool(super().supports_asset_checks)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PooledSqliteEventLog:
        """The storage that `dagster.yaml` describes."""
        return cls(inst_data=inst_data, **config_value)

    def _engine(self, shard: str) -> Engine:
        with self._engines_lock:
            if shard not in self._engines:
                while len(self._engines) >= _MOST_ENGINES:
                    self._engines.pop(next(iter(self._engines))).dispose()
                engine = create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=QueuePool,
                    connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
                )
                event.listen(engine, "connect", _sync_less)
                self._engines[shard] = engine
            return self._engines[shard]

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def dispose(self) -> None:
        """Close every connection."""
        with self._engines_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()
        super().dispose()


def _sync_less(connection: Any, _record: Any) -> None:
    """Fewer waits for the disk: as safe against a crash of the process as before.

    A crash of the machine loses a moment of history at most; tables and raw zone do not depend on it.
    """
    connection.execute("PRAGMA synchronous=NORMAL")


class RunsOnlyEventLog(InMemoryEventLogStorage):
    """Keeps in memory what happens to runs and their steps, and nothing of partitions and their checks."""

    def store_event(self, event: EventLogEntry) -> None:
        """Whoever runs something here can ask afterwards how its steps ended."""
        if event.dagster_event_type not in _OF_PARTITIONS:
            super().store_event(event)  # type: ignore[no-untyped-call]


def forgetful_instance() -> DagsterInstance:
    """A Dagster instance for this process alone, as `DagsterInstance.ephemeral()`, with a `RunsOnlyEventLog`."""
    return DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),  # type: ignore[no-untyped-call]
        run_storage=InMemoryRunStorage(),
        event_storage=RunsOnlyEventLog(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
