"""Rows on their way into the lake, held to the dates they claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, islice

import pyarrow as pa
import pyarrow.compute as pc

from dataops_platform.core.interruption import interruption
from dataops_platform.core.ports import Rows
from dataops_platform.errors import PublishRefused


class CheckedRows:
    """Rows of which none can be of another date than those that are written.

    Attributes:
        has_rows: whether the batches asked for last hold any.
        failure: what ended them, as a writer would hand it on as a text.
    """

    def __init__(self, table: str, rows: Rows) -> None:
        self._table, self._rows = table, rows
        self._stop_if_over = interruption()
        self.has_rows = False
        self.failure: Exception | None = None

    @property
    def schema(self) -> pa.Schema:
        """The rows' columns."""
        return self._rows.schema

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """The rows of `dates`; one of another date stops the write before it is committed."""
        source = iter(self._rows.batches(dates))
        first = list(islice(source, 1))
        self.has_rows = bool(first)
        # The log holds what columns are about; told with the rows it would stand in every file, a third of a small one.
        schema = pa.schema([field.remove_metadata() for field in self._rows.schema])
        return pa.RecordBatchReader.from_batches(schema, self._told(chain(first, source), frozenset(dates)))

    def _told(self, batches: Iterable[pa.RecordBatch], dates: frozenset[date]) -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                self._stop_if_over()
                yield self._checked(batch, dates)
        except Exception as error:
            self.failure = error
            raise

    def _checked(self, batch: pa.RecordBatch, dates: frozenset[date]) -> pa.RecordBatch:
        for day in pc.unique(batch.column("ingestion_date")).to_pylist():
            if day not in dates:
                raise PublishRefused(
                    f"{self._table}: rows are of ingestion date {day or 'null'}, but {min(dates)} to {max(dates)} "
                    "was to be replaced; nothing was written for these dates."
                )
        return batch
