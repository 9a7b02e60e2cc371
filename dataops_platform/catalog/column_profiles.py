"""This room's column profiles: what the published values of each table's newest ingestion date look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from dataops_platform.core.ports import Lake
from dataops_platform.quality.profile import ColumnProfile

_TABLE = "observability/profiles"
_KEY = ["layer", "table", "column"]
_HEIGHT = 44
_TIMES = ("date", "timestamp")


@dataclass(frozen=True)
class TableProfile:
    """The profile of each column of a table on one ingestion date."""

    day: date
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True)
class HistogramBar:
    """A bar of a histogram that is one unit wide and `_HEIGHT` high, and what it says."""

    y: float
    height: float
    text: str


def column_profiles(lake: Lake) -> dict[str, TableProfile]:
    """The profile of the newest ingestion date that each table was profiled on, by `<layer>/<name>`."""
    records = lake.records(_TABLE)
    if records is None or not records.num_rows:
        return {}
    found: dict[str, list[ColumnProfile]] = {}
    for row in records.take(_newest(records)).to_pylist():
        found.setdefault(f"{row['layer']}/{row['table']}", []).append(_profile(row))
    return {name: TableProfile(columns[0].ingestion_date, tuple(columns)) for name, columns in found.items()}


def _newest(records: pa.Table) -> Sequence[int]:
    """Where the rows are that hold: of each table's newest date, as it was profiled last."""
    rows = records.select([*_KEY, "ingestion_date", "at"]).to_pandas(date_as_object=False)
    newest = rows.groupby(["layer", "table"])["ingestion_date"].transform("max")
    rows = rows[rows["ingestion_date"] == newest].sort_values("at", kind="stable")
    # Columns of one profile stand in the order of their contract.
    return [int(place) for place in rows.drop_duplicates(_KEY, keep="last").index]


def _profile(row: Mapping[str, Any]) -> ColumnProfile:
    told = {field.name: row[field.name] for field in fields(ColumnProfile)}
    several = {name: tuple(told[name] or ()) for name in ("quantiles", "edges", "counts")}
    frequent = zip(row["frequent"] or (), row["frequent_rows"] or (), strict=True)
    return ColumnProfile(**{**told, **several, "frequent": tuple(frequent)})


def histogram(profile: ColumnProfile, type_: str) -> list[HistogramBar]:
    """The bars of the column's histogram, side by side; none where all values are the same or have no order."""
    most = max(profile.counts, default=0)
    if len(profile.counts) < 2:  # noqa: PLR2004  # one bar shows nothing
        return []
    bars = []
    for number, rows in enumerate(profile.counts):
        height = max(_HEIGHT * rows / most, 1.5 if rows else 0)  # one row of thousands is seen too
        ends = " to ".join(_edge(edge, type_) for edge in profile.edges[number : number + 2])
        bars.append(HistogramBar(_HEIGHT - height, height, f"{ends}: {rows:,} rows"))
    return bars


def _edge(value: float, type_: str) -> str:
    if type_ not in _TIMES:
        return f"{value:,.6g}"
    try:
        at = datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):  # a year that Python has not
        return "?"
    return f"{at:%Y-%m-%d}" if type_ == "date" else f"{at:%Y-%m-%d %H:%M}"
