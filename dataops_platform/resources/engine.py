"""The embedded engine: Sail, a Spark Connect server in Rust, in this process. No Java, up in about a second."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

#: Rows a scan hands on at once: small enough that a few batches in flight stay under a hundred megabytes.
_BATCH_ROWS = 64_000
_ROWS_A_GROUP = 131_072
#: Rows the engine works on at once: four times its default takes a seventh less time for a judgement.
_ENGINE_BATCH_ROWS = "32768"
_ROWS, _LATER_ROWS = "rows", "later-rows"


class EmbeddedEngine:
    """Runs Spark DataFrames in this process; the server starts with the first question and ends with `stop`."""

    def __init__(self) -> None:
        self._server: Any = None
        self._session: SparkSession | None = None
        self._staging: Path | None = None
        self._lock = Lock()  # steps of several tables ask at the same time

    @property
    def session(self) -> SparkSession:
        """The one session of this run."""
        with self._lock:
            if self._session is None:
                self._session = self._start()
            return self._session

    def _start(self) -> SparkSession:
        # Imported here: a process that only looks at definitions need not load a database engine.
        os.environ.setdefault("RUST_LOG", "error")  # Sail's own log lines would drown the run's
        os.environ.setdefault("SAIL_EXECUTION__BATCH_SIZE", _ENGINE_BATCH_ROWS)
        # Of rows that a filter leaves out, the other columns are not even decoded.
        os.environ.setdefault("SAIL_PARQUET__PUSHDOWN_FILTERS", "true")
        from pysail.spark import SparkConnectServer

        self._server = SparkConnectServer("127.0.0.1", 0)
        self._server.start(background=True)
        _, port = self._server.listening_address
        session: Any = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
        session.conf.set("spark.sql.session.timeZone", "UTC")
        # Else each call of the API looks for IPython on disk, to say in which cell of a notebook it was made.
        session.conf.set("spark.python.sql.dataFrameDebugging.enabled", "false")
        # Taking up a broken-off answer again is for servers far away: here it would cost a call for each query.
        session.client.disable_reattachable_execute()
        # A server in this process is there or gone for good: it ends with Ctrl-C, before its client does.
        session.client.set_retry_policies([])
        session.release_session_on_close = False
        return cast("SparkSession", session)

    def stage(self, frame: DataFrame) -> StagedParquet:
        """Compute `frame` now, in one pass, into parquet files of this machine."""
        with self._lock:
            if self._staging is None:
                self._staging = Path(tempfile.mkdtemp(prefix="dataops-stage-"))
        folder = Path(tempfile.mkdtemp(dir=self._staging))
        _write(frame, folder / _ROWS)
        wrote_none = next(folder.glob("*/*.parquet"), None) is None
        return StagedParquet(folder, self.session, frame.schema if wrote_none else None)

    def stop(self) -> None:
        """End the session and the server and delete what was staged."""
        if self._session is not None:
            self._session.stop()
            self._session = None
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            self._staging = None


def _write(frame: DataFrame, folder: Path) -> None:
    written = frame.write.mode("overwrite").option("compression", "lz4")
    # Dictionaries and statistics of pages cost more than all the judging, for files that are read once.
    written.option("dictionary_enabled", "false").option("statistics_enabled", "chunk")
    # A row group is what a reader holds at once: the engine's million rows would cost 400 MB more.
    written.option("max_row_group_size", _ROWS_A_GROUP).parquet(str(folder))


@dataclass(frozen=True)
class StagedParquet:
    """A frame computed once, as parquet files.

    Attributes:
        schema: of a frame without rows, for which the engine writes no file.
        gave_way: name of the column that says which of the first rows are replaced by the later ones.
    """

    folder: Path
    session: SparkSession
    schema: StructType | None
    gave_way: str | None = None

    @property
    def _files(self) -> list[str]:
        return [str(file) for file in sorted(self.folder.glob("*/*.parquet"))]

    @property
    def frame(self) -> DataFrame:
        """The rows, as a frame."""
        if self.schema is not None:
            return self.session.createDataFrame([], schema=self.schema)
        rows = self.session.read.parquet(*self._files)
        return rows.filter(~F.col(self.gave_way)) if self.gave_way else rows

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return bool(ds.dataset(self._files, format="parquet").count_rows() == 0)

    def rows(self, schema: pa.Schema, *, where: Mapping[str, Any] | None = None) -> StagedRows:
        """The rows, as they go into the lake: read from the files, not through the engine again."""
        wanted = {**(where or {}), **({self.gave_way: False} if self.gave_way else {})}
        return StagedRows(ds.dataset(self._files, format="parquet"), schema, wanted)

    def amended(self, column: str, frame: DataFrame) -> StagedParquet:
        """The same rows, but those whose `column` is true have given way to those of `frame`."""
        _write(frame, self.folder / _LATER_ROWS)
        return replace(self, gave_way=column)

    def drop(self) -> None:
        """Delete the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


class StagedRows:
    """Some columns of some staged rows, streamed date by date."""

    def __init__(self, dataset: ds.FileSystemDataset, schema: pa.Schema, where: Mapping[str, Any]) -> None:
        self.schema = schema
        self._dataset = dataset
        self._where = where

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """The rows of these ingestion dates."""
        if not self._dataset.files:
            return pa.RecordBatchReader.from_batches(self.schema, [])
        condition = ds.field("ingestion_date").isin(list(dates))
        for column, value in self._where.items():
            condition &= ds.field(column) == pc.scalar(value)
        scanner = self._dataset.scanner(
            columns=self.schema.names,
            filter=condition,
            batch_size=_BATCH_ROWS,
            batch_readahead=2,
            fragment_readahead=1,
        )
        rows = (batch.cast(self.schema) for batch in scanner.to_batches() if batch.num_rows)
        return pa.RecordBatchReader.from_batches(self.schema, rows)
