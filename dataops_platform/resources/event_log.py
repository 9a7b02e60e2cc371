"""Dagster's SQLite event log with its connections kept open: a range run writes thousands of events.

Dagster 1.13 makes a new SQLAlchemy engine for every event, which costs five times as much as the event itself. This
keeps one engine for each database file; everything else is Dagster's own. Production uses PostgreSQL instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import QueuePool

#: Run databases kept open at once; a daemon sees thousands of runs in its life.
_MOST_ENGINES = 16


class PooledSqliteEventLog(SqliteEventLogStorage):
    """Stores the same files as Dagster's own, in `history/` below `base_dir`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._engines_lock = threading.Lock()
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

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
