"""This room's gold: a table built from silver as of each ingestion date, set-based, in chunks of dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame

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

#: By name of each source, when rows of it stopped being the last known ones of their keys.
Endings = Mapping[str, DataFrame | None]


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
    with _ended(platform, table, max(dates)) as ended:
        for start in range(0, len(dates), DATES_A_CHUNK):
            yield _publish(platform, table, dates[start : start + DATES_A_CHUNK], ended)


def _publish(platform: Platform, table: Table, dates: Sequence[date], ended: Endings) -> GoldResult:
    session = platform.engine.session
    as_of = AsOf(session.createDataFrame(pa.table({"ingestion_date": pa.array(dates, pa.date32())})))
    sources = {
        name: _source(platform, platform.table(name), max(dates), ended[name]) for name in table.sources
    }
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


@contextmanager
def _ended(platform: Platform, table: Table, until: date) -> Iterator[Endings]:
    """Of each source the staged endings of its keys up to `until`; None where no key comes again."""
    staged: list[Staged] = []
    try:
        yield {name: _endings_of(platform, platform.table(name), until, staged) for name in table.sources}
    finally:
        for one in staged:
            one.drop()


def _endings_of(platform: Platform, source: Table, until: date, staged: list[Staged]) -> DataFrame | None:
    there = platform.lake.partitions(f"silver/{source.name}")
    dates = [day for day in there if day <= until]
    silver = platform.lake.frame(f"silver/{source.name}", dates) if len(dates) > 1 else None
    if silver is None:
        return None
    parts = 1 + sum(there[day].rows for day in dates) // ROWS_AT_ONCE
    found = []
    for part in range(parts):
        ended = platform.engine.stage(endings(silver, source.contract.key, part=part, of=parts))
        staged.append(ended)
        if not ended.is_empty:
            found.append(ended.frame)
    return reduce(DataFrame.unionByName, found) if found else None


def _source(platform: Platform, source: Table, until: date, ended: DataFrame | None) -> DataFrame:
    """The versions of a source's keys, of what was ingested up to `until`."""
    name = f"silver/{source.name}"
    dates = [day for day in platform.lake.partitions(name) if day <= until]
    silver = platform.lake.frame(name, dates) if dates else None
    if silver is None:
        silver = platform.engine.session.createDataFrame([], schema=_spark_schema(source))
    return versions(silver, source.contract.key, ended)


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
