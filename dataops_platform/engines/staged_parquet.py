"""Staged rows: a frame computed once, as parquet files that an engine and delta-rs both read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from dataops_platform.engines.staging import StagingRoom

#: Rows a scan hands on at once: small enough that a few batches in flight stay under a hundred megabytes.
_BATCH_ROWS = 64_000
_ROWS, _LATER_ROWS = "rows", "later-rows"


def staged(
    frame: DataFrame, room: StagingRoom, session: SparkSession, writing: Mapping[str, str]
) -> StagedParquet:
    """The rows of `frame`, computed now, in one pass, into files of `room`, by the engine's options for `writing`."""
    _write(frame, f"{room.url}/{_ROWS}", writing)
    return StagedParquet(room, session, writing, None if room.files() else frame.schema)


def _write(frame: DataFrame, folder: str, writing: Mapping[str, str]) -> None:
    frame.write.mode("overwrite").options(**writing).parquet(folder)


@dataclass(frozen=True)
class StagedParquet:
    """A frame computed once, as parquet files.

    Attributes:
        writing: the engine's options for such files.
        schema: of a frame without rows, for which the engine may write no file.
        gave_way: name of the column that says which of the first rows are replaced by the later ones.
    """

    room: StagingRoom
    session: SparkSession
    writing: Mapping[str, str]
    schema: StructType | None
    gave_way: str | None = None

    @property
    def frame(self) -> DataFrame:
        """The rows, as a frame."""
        if self.schema is not None:
            return self.session.createDataFrame([], schema=self.schema)
        rows = self.session.read.parquet(*self.room.files())
        return rows.filter(~F.col(self.gave_way)) if self.gave_way else rows

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return bool(ds.dataset(self.room.fetched(), format="parquet").count_rows() == 0)

    def rows(self, schema: pa.Schema, *, where: Mapping[str, Any] | None = None) -> StagedRows:
        """The rows, as they go into the lake: read from the files, not through the engine again."""
        wanted = {**(where or {}), **({self.gave_way: False} if self.gave_way else {})}
        return StagedRows(ds.dataset(self.room.fetched(), format="parquet"), schema, wanted)

    def amended(self, column: str, frame: DataFrame) -> StagedParquet:
        """The same rows, but those whose `column` is true have given way to those of `frame`."""
        _write(frame, f"{self.room.url}/{_LATER_ROWS}", self.writing)
        return replace(self, gave_way=column)

    def drop(self) -> None:
        """Delete the files."""
        self.room.drop()


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
