"""This room's silver: judge first, then publish what passes and quarantine what does not, partition by partition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Publication, Staged
from dataops_platform.core.verdict import ACCEPTED, Verdict
from dataops_platform.layers.schemas import NoRows, quarantine_schema, silver_schema
from dataops_platform.quality import judgement, uniqueness
from dataops_platform.quality.counts import counted
from dataops_platform.quality.judgement import IS_SOUND
from dataops_platform.quality.uniqueness import REPEATED
from dataops_platform.quality.verdicts import verdicts

NOTHING: Mapping[date, str] = MappingProxyType({})


@dataclass(frozen=True)
class SilverResult:
    """What a silver step did.

    Attributes:
        silver: facts of the accepted dates; None where every date was refused.
        quarantine: facts of all dates.
    """

    verdicts: Sequence[Verdict]
    silver: Publication | None
    quarantine: Publication


def publish(
    platform: Platform, table: Table, dates: Sequence[date], *, released: Mapping[date, str] = NOTHING
) -> SilverResult:
    """Silver holds the sound rows of the accepted dates, quarantine every other row of all dates.

    Of a refused date silver keeps what it had. Nothing is written before every verdict is known. Dates that somebody
    released, with his words, are not refused; their broken rows are in quarantine all the same.
    """
    name = f"bronze/{table.name}"
    landed = platform.lake.partitions(name)
    bronze = platform.lake.frame(name, dates) if any(day in landed for day in dates) else None
    if bronze is None:
        return _publish(platform, table, None, verdicts(table.contract, dates, []))
    staged = judged_rows(platform.engine.stage, bronze, table)
    try:
        counts = counted(staged.frame, table.contract)
        found = verdicts(table.contract, dates, counts, released=released)
        return _publish(platform, table, staged, found, bronze=bronze)
    finally:
        staged.drop()


def judged_rows(
    stage: Callable[[DataFrame], Staged], bronze: DataFrame, table: Table, *, keep_landed: bool = False
) -> Staged:
    """The judged rows, each rule evaluated once for each; keys that repeat are settled in a pass of their own."""
    contract = table.contract
    repeated = stage(uniqueness.repeated(judgement.cleansed(bronze, table), contract.key))
    try:
        if repeated.is_empty:
            return stage(judgement.judged(bronze, table, keep_landed=keep_landed))
        rows = stage(judgement.judged(bronze, table, repeated=repeated.frame, keep_landed=keep_landed))
    finally:
        repeated.drop()
    return rows.amended(REPEATED, judgement.settled(rows.frame, contract))


def _publish(
    platform: Platform,
    table: Table,
    staged: Staged | None,
    found: Sequence[Verdict],
    *,
    bronze: DataFrame | None = None,
) -> SilverResult:
    contract = table.contract
    accepted = [verdict.ingestion_date for verdict in found if verdict.is_accepted]
    quarantined = _quarantine(platform, table, staged, found, bronze)
    silver = None
    if accepted:
        schema = silver_schema(contract)
        silver = platform.lake.replace(
            f"silver/{table.name}",
            staged.rows(schema, where={IS_SOUND: True}) if staged else NoRows(schema),
            accepted,
            description=contract.description,
        )
    return SilverResult(found, silver, quarantined)


def _quarantine(
    platform: Platform,
    table: Table,
    staged: Staged | None,
    found: Sequence[Verdict],
    bronze: DataFrame | None,
) -> Publication:
    dates = [verdict.ingestion_date for verdict in found]
    refused = [verdict.ingestion_date for verdict in found if not verdict.is_accepted]
    name, schema = f"quarantine/{table.name}", quarantine_schema(table.contract)
    description = f"Rows that {table.name} did not accept, as they landed, with every reason."
    if staged is None or bronze is None or not any(verdict.quarantined for verdict in found):
        return platform.lake.replace(name, NoRows(schema), dates, description=description)
    broken = staged.frame.filter(~F.col(IS_SOUND) & ~_is_one_of(refused))
    rows, whole = rejected(broken, table.contract), None
    if refused:
        refused_rows = bronze.filter(_is_one_of(refused))
        whole = judged_rows(platform.engine.stage, refused_rows, table, keep_landed=True)
        as_a_whole = f"{ACCEPTED}: the partition as a whole was refused"
        rows = rows.unionByName(rejected(whole.frame, table.contract, as_a_whole))
    held = platform.engine.stage(rows)
    try:
        return platform.lake.replace(name, held.rows(schema), dates, description=description)
    finally:
        held.drop()
        if whole is not None:
            whole.drop()


def _is_one_of(dates: Sequence[date]) -> Column:
    return F.col("ingestion_date").isin(*dates) if dates else F.lit(False)


def rejected(rows: DataFrame, contract: TableContract, *also: str) -> DataFrame:
    """Judged rows as quarantine shows them: what landed, and every reason."""
    return rows.select(
        *(F.col(judgement.landed(name)).alias(name) for name in contract.columns),
        "_rescued",
        "_corrupt_record",
        judgement.reasons(contract).listed(*also).alias("_reasons"),
        F.lit(contract.version).alias("_contract_version"),
        "_source_object",
        "_position",
        "_ingested_at",
        "ingestion_date",
    )
