"""This room's usualness: the watched numbers of judged dates, as checks like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dataops_platform.core.contract import TableContract
from dataops_platform.core.ports import Lake
from dataops_platform.core.verdict import Check
from dataops_platform.observability.anomalies import UNKNOWN, UNUSUAL, judged
from dataops_platform.observability.metrics import latest

_SUFFIX = "_is_usual"
_LOOKED_AT = 1


def usual(metric: str) -> str:
    """Name of the check that a number is what the numbers before it make likely."""
    return f"{metric}{_SUFFIX}"


def watched_metric(check: str) -> str | None:
    """The metric that such a check looks at; None of any other check."""
    return check.removesuffix(_SUFFIX) if check.endswith(_SUFFIX) else None


def usual_checks(
    lake: Lake, contract: TableContract, layer: str, dates: Sequence[date]
) -> dict[date, list[Check]]:
    """By date, a check for each watched metric; where there is not enough history, it says so and has not passed."""
    if not contract.watched or not dates:
        return {day: [] for day in dates}
    numbers = latest(lake, table=contract.name, layer=layer)
    numbers = numbers[numbers["metric"].isin(list(contract.watched))]
    told = {
        (row["ingestion_date"].date(), row["metric"]): row
        for row in judged(numbers, dates, {contract.name: contract.arrivals}).to_dict("records")
    }
    return {day: [_check(metric, told.get((day, metric))) for metric in contract.watched] for day in dates}


def _check(metric: str, row: Any) -> Check:
    if row is None:
        return Check(usual(metric), judged=0, failed=0, warning=f"{metric} was not measured")
    why = row["why"].rstrip(".")
    if row["outcome"] == UNKNOWN:
        return Check(usual(metric), judged=0, failed=0, warning=why)
    if row["outcome"] == UNUSUAL:
        return Check(usual(metric), judged=_LOOKED_AT, failed=1, warning=why)
    return Check(usual(metric), judged=_LOOKED_AT, failed=0)
