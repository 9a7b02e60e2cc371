"""This room's counts: judged rows → groups of rows alike, from one scan whatever is asked; all verdicts follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import ContractColumn, TableContract
from dataops_platform.core.rules import Aggregate, Bound
from dataops_platform.quality.judgement import ABSENT, nulls, reasons
from dataops_platform.quality.uniqueness import LATEST

_STATISTICS: dict[str, Callable[[Column], Column]] = {
    "sum": F.sum,
    "count": F.count,
    "min": F.min,
    "max": F.max,
    # Of any numbers, without their overflow. Beside a plain sum of the same column the embedded engine would give both
    # one name, and fail, were nothing added.
    "total": lambda column: F.sum(column.cast("double") + F.lit(0.0)),
}
_NUMBERS = ("decimal", "integer", "double")
_EXTENDED = (*_NUMBERS, "date", "timestamp")
_COMBINED: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "count": sum,
    "min": min,
    "max": max,
    "total": sum,
}


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


@dataclass(frozen=True)
class Counts:
    """All that is known of some partitions' rows.

    Attributes:
        distinct: by date and column how many different values the sound rows have, where a rule asks for it.
    """

    groups: Sequence[Alike] = ()
    distinct: Mapping[tuple[date, str], int] = field(default_factory=dict)

    @cached_property
    def by_date(self) -> Mapping[date, Sequence[Alike]]:
        """The groups of each date."""
        found: dict[date, list[Alike]] = {}
        for group in self.groups:
            found.setdefault(group.ingestion_date, []).append(group)
        return found


def counted(staged: DataFrame, contract: TableContract) -> Counts:
    """All that verdicts and profiles need, from one scan for any number of rules; one more for distinct values."""
    broken, missing = reasons(contract), nulls(contract)
    asked = (*(name for rule in contract.aggregates for name in _parts(rule)), *_profiled(contract))
    names = tuple(dict.fromkeys(asked))
    groups = staged.groupBy(
        "ingestion_date", "_source_object", ABSENT, LATEST, *missing.columns, *broken.columns
    ).agg(F.count(F.lit(1)).alias("rows"), *map(_statistic, names))
    alike = [
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
    return Counts(alike, _distinct(staged, contract))


def _distinct(staged: DataFrame, contract: TableContract) -> dict[tuple[date, str], int]:
    columns = [rule.column for rule in contract.aggregates if rule.statistic == "distinct"]
    if not columns:
        return {}
    sound = staged.filter(~reasons(contract).any())
    found = sound.groupBy("ingestion_date").agg(*(F.count_distinct(name).alias(name) for name in columns))
    return {
        (row["ingestion_date"], name): row[name] for row in found.toArrow().to_pylist() for name in columns
    }


def value(rule: Aggregate, groups: Iterable[Alike]) -> Bound | None:
    """The aggregate's statistic of all these rows; None where none of them has a value in its column."""
    found = _combined(_parts(rule), groups)
    if rule.statistic == "mean":
        total, number = (found[name] for name in _parts(rule))
        return total / number if number else None
    result: Bound | None = found[_parts(rule)[0]]
    return result


def extent(column: ContractColumn, groups: Iterable[Alike]) -> tuple[Any, Any, float | None]:
    """The least and the greatest value of a column in all these rows, and of numbers the mean; else None."""
    low, high, total, number = (f"{part}({column.name})" for part in ("min", "max", "total", "count"))
    found = _combined((low, high, total, number), groups)
    mean = found[total] / found[number] if found[total] is not None else None
    return found[low], found[high], mean


def _combined(names: Iterable[str], groups: Iterable[Alike]) -> dict[str, Any]:
    found = {}
    for name in names:
        known = [n for group in groups if (n := group.statistics.get(name)) is not None]
        found[name] = _COMBINED[name.split("(")[0]](known) if known else None
    return found


def _parts(rule: Aggregate) -> tuple[str, ...]:
    """Names of what has to be known of every group of rows, so that the statistic of all of them follows."""
    if rule.statistic == "distinct":  # of two groups, it does not follow from theirs
        return ()
    statistics = ("sum", "count") if rule.statistic == "mean" else (rule.statistic,)
    return tuple(f"{statistic}({rule.column})" for statistic in statistics)


def _profiled(contract: TableContract) -> list[str]:
    """What a profile tells of public columns: their extremes, and of numbers the mean."""
    return [
        f"{part}({field.name})"
        for field in contract.fields
        if field.is_public and field.kind in _EXTENDED
        for part in (("min", "max", "total", "count") if field.kind in _NUMBERS else ("min", "max"))
    ]


def _statistic(name: str) -> Column:
    statistic, column = name.removesuffix(")").split("(")
    return _STATISTICS[statistic](F.col(column)).alias(name)
