"""This room's gold: a table built from silver as of each ingestion date, set-based, in chunks of dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.as_of import AsOf, endings, versions
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Publication, Staged
from dataops_platform.core.verdict import Check, Verdict
from dataops_platform.layers.schemas import gold_schema
from dataops_platform.layers.stretches import ROWS_AT_ONCE
from dataops_platform.observability.usualness import held_to_past
from dataops_platform.quality import judgement, uniqueness
from dataops_platform.quality.counts import Counts, counted
from dataops_platform.quality.profile import ColumnProfile, profiles
from dataops_platform.quality.sample import Sampled
from dataops_platform.quality.verdicts import verdicts

#: As-of dates computed at once: a snapshot of every customer for each, so this bounds memory.
DATES_A_CHUNK = 30


@dataclass(frozen=True)
class GoldResult:
    """What a gold step did with one chunk of dates; `published` is None where every snapshot was refused."""

    verdicts: Sequence[Verdict]
    published: Publication | None
    profiles: Sequence[ColumnProfile] = ()


def publish(platform: Platform, table: Table, dates: Sequence[date]) -> Iterator[GoldResult]:
    """`gold/{table}` holds the snapshots as of `dates` that keep their business rules."""
    if not dates:
        return
    with ExitStack() as kept:
        sources = {name: _source(platform, platform.table(name), max(dates), kept) for name in table.sources}
        for start in range(0, len(dates), DATES_A_CHUNK):
            yield _publish(platform, table, dates[start : start + DATES_A_CHUNK], sources)


def _publish(
    platform: Platform, table: Table, dates: Sequence[date], silver: Mapping[str, _Source]
) -> GoldResult:
    session = platform.engine.session
    as_of = AsOf(session.createDataFrame(pa.table({"ingestion_date": pa.array(dates, pa.date32())})))
    sources = {name: source.until(max(dates)) for name, source in silver.items()}
    built = table.function(as_of, **sources)
    staged = platform.engine.stage(judgement.judged_product(built, table.contract))
    try:
        counts = counted(staged.frame, table.contract)
        found = _verdicts(table, staged, counts, as_of, sources, dates)
        found = held_to_past(platform.lake, table.contract, "gold", found)
        accepted = {verdict.ingestion_date: verdict.accepted for verdict in found if verdict.is_accepted}
        if not accepted:
            return GoldResult(found, None)
        rows = Sampled(staged.rows(gold_schema(table.contract)), accepted)
        published = platform.lake.replace(
            f"gold/{table.name}",
            rows,
            [*accepted],
            partitioned_by=table.contract.partitioned_by,
            description=table.contract.description,
        )
        return GoldResult(found, published, profiles(table.contract, counts, rows, [*accepted]))
    finally:
        staged.drop()


@dataclass(frozen=True)
class _Source:
    """The rows of a source, as of the step's beginning.

    Attributes:
        ended: until when rows of keys that come again are known; None where no key does.
    """

    rows: DataFrame
    key: tuple[str, ...]
    ended: DataFrame | None

    def until(self, day: date) -> DataFrame:
        """The versions of the keys, of what was ingested up to that date."""
        return versions(self.rows.filter(F.col("ingestion_date") <= F.lit(day)), self.key, self.ended)


def _source(platform: Platform, source: Table, until: date, kept: ExitStack) -> _Source:
    name, key = f"silver/{source.name}", source.contract.key
    there = platform.lake.partitions(name)
    dates = [day for day in there if day <= until]
    silver = platform.lake.frame(name, dates) if dates else None
    if silver is None:
        none = platform.engine.session.createDataFrame([], schema=_spark_schema(source))
        return _Source(none, key, None)
    parts = 1 + sum(there[day].rows for day in dates) // ROWS_AT_ONCE
    some = []
    for part in range(parts) if len(dates) > 1 else ():
        ended = platform.engine.stage(endings(silver, key, part=part, of=parts))
        kept.callback(ended.drop)
        if not ended.is_empty:
            some.append(ended.frame)
    return _Source(silver, key, reduce(DataFrame.unionByName, some) if some else None)


def _spark_schema(source: Table) -> str:
    columns = (f"`{field.name}` {field.spark_type}" for field in source.contract.fields)
    return ", ".join([*columns, "ingestion_date date"])


def _verdicts(
    table: Table,
    staged: Staged,
    counts: Counts,
    as_of: AsOf,
    sources: Mapping[str, DataFrame],
    dates: Sequence[date],
) -> list[Verdict]:
    duplicates = uniqueness.repeated_product_keys(staged.frame, table.contract.key).toArrow().to_pylist()
    found = verdicts(table.contract, dates, counts, is_product=True, repeated_keys=duplicates)
    if table.reconcile is None:
        return found
    answers = {
        row["ingestion_date"]: {name: row[name] for name in table.reconciled}
        for row in table.reconcile(staged.frame, as_of, **sources).toArrow().to_pylist()
    }
    return [
        replace(one, checks=(*one.checks, *_reconciled(one, answers[one.ingestion_date]))) for one in found
    ]


def _reconciled(verdict: Verdict, answers: Mapping[str, bool]) -> list[Check]:
    return [
        Check(name, max(verdict.rows, 1), 0 if holds else 1, None if holds else f"{name} does not hold")
        for name, holds in answers.items()
    ]
