"""This room's gold: a table built from silver as of each ingestion date, set-based, in chunks of dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame

from dataops_platform.core.as_of import AsOf, versions
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Publication, Staged
from dataops_platform.core.verdict import Check, Verdict
from dataops_platform.layers.schemas import gold_schema
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
    for start in range(0, len(dates), DATES_A_CHUNK):
        yield _publish(platform, table, dates[start : start + DATES_A_CHUNK])


def _publish(platform: Platform, table: Table, dates: Sequence[date]) -> GoldResult:
    session = platform.engine.session
    as_of = AsOf(session.createDataFrame(pa.table({"ingestion_date": pa.array(dates, pa.date32())})))
    sources = {name: _source(platform, platform.table(name), max(dates)) for name in table.sources}
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


def _source(platform: Platform, source: Table, until: date) -> DataFrame:
    """The versions of a source's keys, of what was ingested up to `until`."""
    name = f"silver/{source.name}"
    dates = [day for day in platform.lake.partitions(name) if day <= until]
    silver = platform.lake.frame(name, dates) if dates else None
    if silver is None:
        silver = platform.engine.session.createDataFrame([], schema=_spark_schema(source))
    return versions(silver, source.contract.key, may_repeat=len(dates) > 1)


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
