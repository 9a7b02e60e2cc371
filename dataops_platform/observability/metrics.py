"""This room's metrics: numbers of every partition, in the Delta table `observability/metrics`.

The table is only ever appended to, a commit for each step. A step that was cut off before its journal entry is done
again and appends again: the last number of a table, layer, ingestion date and metric is the one that holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dataops_platform.core.arrivals import age
from dataops_platform.core.measurement import Measurement
from dataops_platform.core.ports import Lake, PartitionFacts
from dataops_platform.core.verdict import Check, Verdict

TABLE = "observability/metrics"
#: What a number is a number of: of these, the one measured last holds.
KEY = ["table", "layer", "ingestion_date", "metric"]
#: What a check's name is followed by where rows broke it: their number. A check that no row breaks has no number, so
#: these hold only as long as the partition is not measured again.
FAILED_ROWS, WARNED_ROWS = "_failed", "_warned"
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


def of_verdict(verdict: Verdict) -> dict[str, float]:
    """Rows, nulls, duplicates, quarantined rows, and how often each check was broken: recorded whatever the outcome."""
    return {
        **verdict.metrics,
        "quarantined": float(verdict.quarantined),
        "error_count": float(sum(check.failed for check in verdict.checks)),
        **{_broken(check): float(check.failed) for check in verdict.checks if check.failed},
    }


def _broken(check: Check) -> str:
    """`<check>_warned` where the contract asks for a warning and nobody has answered for it, else `<check>_failed`."""
    is_warning = check.warning is not None and check.waiver is None
    return f"{check.name}{WARNED_ROWS if is_warning else FAILED_ROWS}"


def of_partition(facts: PartitionFacts | None) -> dict[str, float]:
    """Files and bytes that the Delta table holds of the partition; nothing where it holds none."""
    return {} if facts is None else {"files": float(facts.files), "bytes": float(facts.bytes)}


def measurements(
    table: str, layer: str, values: Mapping[date, Mapping[str, float]], *, run_id: str, seconds: float
) -> list[Measurement]:
    """The named values of each date, how old the date is now, and its share of the `seconds` its step took."""
    at = datetime.now(UTC)
    found = []
    for day, numbers in values.items():
        told = {
            **numbers,
            "processing_time": seconds / len(values),
            "freshness_lag": max(age(day, at).total_seconds(), 0),
        }
        found += [Measurement(table, layer, day, name, value, run_id, at) for name, value in told.items()]
    return found


def record(lake: Lake, found: Sequence[Measurement]) -> None:
    """The measurements are in `observability/metrics`, appended in one commit."""
    if found:
        lake.append(TABLE, pa.Table.from_pylist([asdict(one) for one in found], _SCHEMA))


def newest_date(numbers: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of each table's and layer's newest ingestion date, in the order people read them."""
    newest = numbers.groupby(["layer", "table"])["ingestion_date"].transform("max")
    rows = numbers[numbers["ingestion_date"] == newest].sort_values(["table", "layer", "metric"])
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def latest(lake: Lake, *, since: date | None = None, **of: str) -> pd.DataFrame:
    """The numbers that hold, one row for each table, layer, ingestion date (as datetime64) and metric.

    `since` narrows them to dates from then on, `of` to a `table`, `layer` or `metric`.
    """
    records = lake.records(TABLE)
    rows = _SCHEMA.empty_table() if records is None else records.select(_SCHEMA.names)
    for column, value in of.items():
        rows = rows.filter(pc.field(column) == value)
    if since is not None:
        rows = rows.filter(pc.field("ingestion_date") >= pa.scalar(since))
    found: pd.DataFrame = rows.to_pandas(date_as_object=False)
    return _that_hold(found.sort_values(["at", "run_id"], kind="stable").drop_duplicates(KEY, keep="last"))


def _that_hold(numbers: pd.DataFrame) -> pd.DataFrame:
    """Without the broken checks of a measurement before the last: what is mended has no number that replaces them."""
    broken = numbers["metric"].str.endswith((FAILED_ROWS, WARNED_ROWS))
    if not broken.any():
        return numbers
    last = numbers.groupby(KEY[:3])["at"].transform("max")
    return numbers[~broken | (numbers["at"] == last)]
