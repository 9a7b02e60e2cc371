"""This room's profile: what the published values of a column look like; nothing of values that are not public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_platform.core.contract import ContractColumn, TableContract
from dataops_platform.quality.counts import Alike, Counts, extent
from dataops_platform.quality.sample import Sampled

#: Which shares of the values lie below the quantiles of a profile.
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BARS, _MOST_FREQUENT = 12, 5
_ORDERED = frozenset({"decimal", "integer", "double", "date", "timestamp"})


@dataclass(frozen=True)
class ColumnProfile:
    """What the published values of one column look like on one ingestion date.

    Attributes:
        rows: published rows; `nulls`, those without a value.
        looked_at: how many of them `distinct` and all that follows it rest on; the extremes and the mean rest on all.
        distinct: how many different values those have.
        minimum: the extremes as text, as of `maximum`; the mean of numbers.
        quantiles: of numbers and times, at `SHARES`; times as seconds since 1970.
        edges: of the histogram's bars, one more than there are `counts`; times likewise.
        frequent: the most frequent values as text, each with its number of rows.
    """

    ingestion_date: date
    column: str
    rows: int
    nulls: int
    looked_at: int
    distinct: int
    minimum: str | None = None
    maximum: str | None = None
    mean: float | None = None
    quantiles: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    frequent: tuple[tuple[str, int], ...] = ()


def profiles(
    contract: TableContract, counts: Counts, rows: Sampled, dates: Sequence[date]
) -> list[ColumnProfile]:
    """The profile of each column on each of these dates, of the sound rows, some of which `rows` kept."""
    return [
        _profile(field, day, sound, rows.of(day))
        for day in dates
        for sound in [[group for group in counts.by_date.get(day, ()) if not group.reasons]]
        for field in contract.fields
    ]


def _profile(field: ContractColumn, day: date, sound: Sequence[Alike], sample: pa.Table) -> ColumnProfile:
    rows = sum(group.rows for group in sound)
    nulls = sum(group.rows for group in sound if field.name in group.nulls)
    values = sample[field.name].combine_chunks().drop_null()
    found = values.value_counts()
    told: dict[str, Any] = {}
    if field.is_public:
        told = _frequent(found) | (_distribution(values) if field.kind in _ORDERED else {})
        told |= _extremes(field, sound)
    return ColumnProfile(day, field.name, rows, nulls, sample.num_rows, len(found), **told)


def _frequent(found: pa.StructArray) -> dict[str, Any]:
    order = pc.sort_indices(found, sort_keys=[("counts", "descending"), ("values", "ascending")])
    most = found.take(order[:_MOST_FREQUENT]).to_pylist()
    return {"frequent": tuple((_text(each["values"]), each["counts"]) for each in most)}


def _distribution(values: pa.Array) -> dict[str, Any]:
    numbers = _numbers(values)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return {}
    with np.errstate(all="ignore"):
        told = {"quantiles": tuple(float(value) for value in np.quantile(numbers, SHARES))}
        if not np.ptp(numbers):
            return {**told, "edges": (float(numbers[0]),) * 2, "counts": (len(numbers),)}
        try:
            counts, edges = np.histogram(numbers, bins=_BARS)
        except ValueError:  # values too far apart, or too near, for so many bars between them
            return told
    bars = {"edges": tuple(map(float, edges)), "counts": tuple(map(int, counts))}
    return {**told, **bars}


def _numbers(values: pa.Array) -> Any:
    if pa.types.is_date(values.type):
        values = values.cast(pa.timestamp("s"))
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False) / 1e6
    return values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def _extremes(field: ContractColumn, sound: Sequence[Alike]) -> dict[str, Any]:
    low, high, mean = extent(field, sound)
    return {
        "minimum": None if low is None else _text(low),
        "maximum": None if high is None else _text(high),
        "mean": mean,
    }


def _text(value: Any) -> str:
    """The value as people write it, in a line of its own."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(sep=" ").removesuffix("+00:00")
    return " ".join(str(value).split())[:80]
