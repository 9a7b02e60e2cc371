"""This room's metrics: numbers of every partition, in the Delta table `observability/metrics`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pyarrow as pa

from dataops_platform.core.ports import Lake

_TABLE = "observability/metrics"
_SCHEMA = pa.schema(
    {
        "table": pa.string(),
        "layer": pa.string(),
        "ingestion_date": pa.date32(),
        "metric": pa.string(),
        "value": pa.float64(),
        "run_id": pa.string(),
        "at": pa.timestamp("us", tz="UTC"),
    }
)


@dataclass(frozen=True)
class Measurement:
    """One number of one partition, as of one run."""

    table: str
    layer: str
    ingestion_date: date
    metric: str
    value: float
    run_id: str
    at: datetime


def measurements(
    table: str, layer: str, day: date, values: Mapping[str, float], *, run_id: str, at: datetime
) -> list[Measurement]:
    """One measurement for each named value."""
    return [Measurement(table, layer, day, name, value, run_id, at) for name, value in values.items()]


def record(lake: Lake, found: Sequence[Measurement]) -> None:
    """The measurements are in `observability/metrics`, appended in one commit."""
    if found:
        lake.append(_TABLE, pa.Table.from_pylist([asdict(one) for one in found], _SCHEMA))
