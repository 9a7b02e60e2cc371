"""This room's silver: judge first, then publish what passes and quarantine what does not, partition by partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Publication, RowPlace, Rows, Staged
from dataops_platform.core.verdict import ACCEPTED, Verdict
from dataops_platform.layers.judging import Judging, judging, rejected
from dataops_platform.layers.schemas import NoRows, quarantine_schema, silver_schema
from dataops_platform.observability.usualness import held_to_past
from dataops_platform.quality.counts import Counts, counted
from dataops_platform.quality.judgement import IS_SOUND
from dataops_platform.quality.profile import ColumnProfile, profiles
from dataops_platform.quality.sample import Sampled
from dataops_platform.quality.verdicts import verdicts

NOTHING: Mapping[date, str] = MappingProxyType({})


@dataclass(frozen=True)
class SilverResult:
    """What a silver step did.

    Attributes:
        silver: facts of the accepted dates; None where every date was refused.
        quarantine: facts of all dates.
        profiles: of each accepted date and column.
    """

    verdicts: Sequence[Verdict]
    silver: Publication | None
    quarantine: Publication
    profiles: Sequence[ColumnProfile] = ()


def publish(
    platform: Platform,
    table: Table,
    dates: Sequence[date],
    *,
    released: Mapping[date, str] = NOTHING,
    released_rows: Sequence[RowPlace] = (),
) -> SilverResult:
    """Silver holds the sound rows of the accepted dates, quarantine every other row of all dates.

    Of a refused date silver keeps what it had. Nothing is written before every verdict is known. Dates that somebody
    released, with his words, are not refused; their broken rows are in quarantine all the same, except for
    `released_rows` that only break rules.
    """
    name, contract = f"bronze/{table.name}", table.contract
    landed = platform.lake.partitions(name)
    bronze = platform.lake.frame(name, dates) if any(day in landed for day in dates) else None
    if bronze is None:
        found = held_to_past(platform.lake, contract, "silver", verdicts(contract, dates, Counts()), released)
        held = _hold(platform, table, NoRows(quarantine_schema(contract)), dates)
        return SilverResult(found, _publish(platform, table, found, NoRows(silver_schema(contract))), held)
    judge = judging(platform, table, released_rows)
    staged = judge.judged(bronze)
    try:
        counts = counted(staged.frame, contract)
        found = verdicts(contract, dates, counts, released=released)
        found = held_to_past(platform.lake, contract, "silver", found, released)
        held = _quarantine(platform, judge, staged, found, bronze)
        accepted = {verdict.ingestion_date: verdict.accepted for verdict in found if verdict.is_accepted}
        rows = Sampled(staged.rows(silver_schema(contract), where={IS_SOUND: True}), accepted)
        silver = _publish(platform, table, found, rows)
        return SilverResult(found, silver, held, profiles(contract, counts, rows, [*accepted]))
    finally:
        staged.drop()


def _publish(platform: Platform, table: Table, found: Sequence[Verdict], rows: Rows) -> Publication | None:
    accepted = [verdict.ingestion_date for verdict in found if verdict.is_accepted]
    if not accepted:
        return None
    about = table.contract.description
    return platform.lake.replace(f"silver/{table.name}", rows, accepted, description=about)


def _quarantine(
    platform: Platform, judge: Judging, staged: Staged, found: Sequence[Verdict], bronze: DataFrame
) -> Publication:
    table = judge.table
    dates = [verdict.ingestion_date for verdict in found]
    refused = [verdict.ingestion_date for verdict in found if not verdict.is_accepted]
    schema = quarantine_schema(table.contract)
    if not any(verdict.quarantined for verdict in found):
        return _hold(platform, table, NoRows(schema), dates)
    broken = staged.frame.filter(~F.col(IS_SOUND) & ~_is_one_of(refused))
    rows, whole = rejected(broken, table.contract), None
    if refused:
        whole = judge.judged(bronze.filter(_is_one_of(refused)), keep_landed=True)
        as_a_whole = f"{ACCEPTED}: the partition as a whole was refused"
        rows = rows.unionByName(rejected(whole.frame, table.contract, as_a_whole))
    held = platform.engine.stage(rows)
    try:
        return _hold(platform, table, held.rows(schema), dates)
    finally:
        held.drop()
        if whole is not None:
            whole.drop()


def _hold(platform: Platform, table: Table, rows: Rows, dates: Sequence[date]) -> Publication:
    about = f"Rows that {table.name} did not accept, as they landed, with every reason."
    return platform.lake.replace(f"quarantine/{table.name}", rows, dates, description=about)


def _is_one_of(dates: Sequence[date]) -> Column:
    return F.col("ingestion_date").isin(*dates) if dates else F.lit(False)
