"""This room's sample: some rows of each date, taken while all go into the lake, so that no scan is made for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from dataops_platform.core.ports import Rows

#: Rows looked at closely of one date; of all dates of a step together.
_MOST_OF_A_DATE, _MOST = 10_000, 200_000
_EPOCH = date(1970, 1, 1)


class Sampled:
    """Rows on their way into the lake, of which every n-th of a date is kept; all of a date with few rows.

    Attributes:
        schema: the rows' columns.
    """

    def __init__(self, rows: Rows, expected: Mapping[date, int]) -> None:
        """`expected` is how many rows each date has."""
        self.schema = rows.schema
        self._rows = rows
        most = max(1, min(_MOST_OF_A_DATE, _MOST // max(1, len(expected))))
        self._every = {day: -(-number // most) for day, number in expected.items()}
        self._kept: dict[date, list[pa.RecordBatch]] = {}
        self._seen: dict[date, int] = {}

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """The rows of these ingestion dates, streamed."""
        for day in dates:  # a write that is tried again reads its rows again
            self._kept[day], self._seen[day] = [], 0
        return pa.RecordBatchReader.from_batches(self.schema, self._told(self._rows.batches(dates)))

    def _told(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self._keep(batch)
            yield batch

    def _keep(self, batch: pa.RecordBatch) -> None:
        days = batch.column("ingestion_date").cast(pa.int32()).to_numpy(zero_copy_only=False)
        for number in np.unique(days):
            day = date.fromordinal(_EPOCH.toordinal() + int(number))
            if day not in self._kept:
                continue  # a row of another date, which the lake refuses
            places = np.flatnonzero(days == number)
            first = -self._seen[day] % self._every.get(day, 1)
            self._kept[day].append(batch.take(pa.array(places[first :: self._every.get(day, 1)])))
            self._seen[day] += len(places)

    def of(self, day: date) -> pa.Table:
        """The rows kept of a date."""
        return pa.Table.from_batches(self._kept.get(day, ()), self.schema)
