"""This room's counts: judged rows → groups of rows alike, from one scan whatever is asked; all verdicts follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import TableContract
from dataops_platform.core.rules import Aggregate, Bound
from dataops_platform.quality.judgement import ABSENT, nulls, reasons
from dataops_platform.quality.uniqueness import LATEST

_STATISTICS: dict[str, Callable[[Column], Column]] = {
    "sum": F.sum,
    "count": F.count,
    "min": F.min,
    "max": F.max,
}
_COMBINED: dict[str, Callable[[list[Any]], Any]] = {"sum": sum, "count": sum, "min": min, "max": max}


@dataclass(frozen=True)
class Alike:
    """Rows of one file and date of which the same is to be said.

    Attributes:
        absent: declared columns that the file does not have.
        nulls: the columns without a value.
        reasons: why the rows are not accepted; none where they are.
        latest: whether earlier rows of their date gave way to each of these.
        statistics: by name what an aggregate needs to know of the rows; None where none of them has a value.
    """

    ingestion_date: date
    source_object: str
    absent: tuple[str, ...]
    nulls: tuple[str, ...]
    reasons: tuple[str, ...]
    rows: int
    latest: bool = False
    statistics: Mapping[str, Any] = field(default_factory=dict)


def counted(staged: DataFrame, contract: TableContract) -> list[Alike]:
    """All that a verdict needs, from one scan for any number of rules."""
    broken, missing = reasons(contract), nulls(contract)
    names = dict.fromkeys(name for rule in contract.aggregates for name in _parts(rule))
    groups = staged.groupBy(
        "ingestion_date", "_source_object", ABSENT, LATEST, *missing.columns, *broken.columns
    ).agg(F.count(F.lit(1)).alias("rows"), *map(_statistic, names))
    return [
        Alike(
            ingestion_date=group["ingestion_date"],
            source_object=group["_source_object"],
            absent=tuple(filter(None, (group[ABSENT] or "").split("\n"))),
            nulls=missing.of(group),
            reasons=broken.of(group),
            rows=group["rows"],
            latest=group[LATEST],
            statistics={name: group[name] for name in names},
        )
        for group in groups.toArrow().to_pylist()
    ]


def value(rule: Aggregate, groups: Iterable[Alike]) -> Bound | None:
    """The aggregate's statistic of all these rows; None where none of them has a value in its column."""
    found = {}
    for name in _parts(rule):
        known = [group.statistics[name] for group in groups if group.statistics[name] is not None]
        found[name.split("(")[0]] = _COMBINED[name.split("(")[0]](known) if known else None
    if rule.statistic == "mean":
        return found["sum"] / found["count"] if found["count"] else None
    result: Bound | None = found[rule.statistic]
    return result


def _parts(rule: Aggregate) -> tuple[str, ...]:
    """Names of what has to be known of every group of rows, so that the statistic of all of them follows."""
    statistics = ("sum", "count") if rule.statistic == "mean" else (rule.statistic,)
    return tuple(f"{statistic}({rule.column})" for statistic in statistics)


def _statistic(name: str) -> Column:
    statistic, column = name.removesuffix(")").split("(")
    return _STATISTICS[statistic](F.col(column)).alias(name)
