"""The embedded engine: Sail, a Spark Connect server in Rust, in this process. No Java, up in about a second."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dataops_platform.engines.engine import QUIET, ConnectEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dataops_platform.engines.staging import Staging

#: Rows the engine works on at once: four times its default takes a seventh less time for a judgement.
_BATCH_ROWS = "32768"
_ROWS_A_GROUP = 131_072


class Sail:
    """Sail's server, in this process."""

    settings: Mapping[str, str] = MappingProxyType({"spark.sql.session.timeZone": "UTC", **QUIET})
    writing: Mapping[str, str] = MappingProxyType(
        {
            "compression": "lz4",
            # Dictionaries and statistics of pages cost more than all the judging, for files that are read once.
            "dictionary_enabled": "false",
            "statistics_enabled": "chunk",
            # A row group is what a reader holds at once: the engine's million rows would cost 400 MB more.
            "max_row_group_size": str(_ROWS_A_GROUP),
        }
    )

    reads_files = False  # its own reader of Delta is as quick, and skips files by their statistics
    is_own = True

    def __init__(self) -> None:
        self._server: Any = None

    def start(self) -> str:
        """The server runs; where, as `sc://host:port`."""
        # Imported here: a process that only looks at definitions need not load a database engine.
        os.environ.setdefault("RUST_LOG", "error")  # Sail's own log lines would drown the run's
        os.environ.setdefault("SAIL_EXECUTION__BATCH_SIZE", _BATCH_ROWS)
        # Of rows that a filter leaves out, the other columns are not even decoded.
        os.environ.setdefault("SAIL_PARQUET__PUSHDOWN_FILTERS", "true")
        from pysail.spark import SparkConnectServer

        self._server = SparkConnectServer("127.0.0.1", 0)
        self._server.start(background=True)
        _, port = self._server.listening_address
        return f"sc://127.0.0.1:{port}"

    def prepare(self, session: SparkSession, staging: Staging) -> None:
        """Nothing is left to be done: it was started for this."""

    def stop(self) -> None:
        """The server is gone."""
        if self._server is not None:
            self._server.stop()
            self._server = None


class EmbeddedEngine(ConnectEngine):
    """Runs Spark DataFrames in this process."""

    def __init__(self) -> None:
        super().__init__(Sail())
