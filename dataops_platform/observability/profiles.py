"""This room's profiles: what published columns look like, by ingestion date, in `observability/profiles`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from dataops_platform.core.ports import Lake
from dataops_platform.quality.profile import ColumnProfile

_TABLE = "observability/profiles"
_SCHEMA = pa.schema(
    {
        "table": pa.string(),
        "layer": pa.string(),
        "ingestion_date": pa.date32(),
        "column": pa.string(),
        "rows": pa.int64(),
        "nulls": pa.int64(),
        "looked_at": pa.int64(),
        "distinct": pa.int64(),
        "minimum": pa.string(),
        "maximum": pa.string(),
        "mean": pa.float64(),
        "quantiles": pa.list_(pa.float64()),
        "edges": pa.list_(pa.float64()),
        "counts": pa.list_(pa.int64()),
        "frequent": pa.list_(pa.string()),
        "frequent_rows": pa.list_(pa.int64()),
        "run_id": pa.string(),
        "at": pa.timestamp("us", tz="UTC"),
    }
)


def record(
    lake: Lake, table: str, layer: str, found: Sequence[ColumnProfile], *, run_id: str, at: datetime
) -> None:
    """The profiles are in `observability/profiles`, appended in one commit; the last of a date and column holds."""
    if found:
        rows = [{"table": table, "layer": layer, **_row(one), "run_id": run_id, "at": at} for one in found]
        lake.append(_TABLE, pa.Table.from_pylist(rows, _SCHEMA))


def _row(profile: ColumnProfile) -> dict[str, object]:
    values = vars(profile)
    return {
        **values,
        "frequent": [value for value, _ in profile.frequent],
        "frequent_rows": [rows for _, rows in profile.frequent],
    }
