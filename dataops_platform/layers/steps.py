"""This room's steps: a layer's work on some dates, then its journal entries and metrics, in that order.

The journal is written last: a crash before it means the step is due again, and doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import perf_counter
from types import MappingProxyType

from dataops_platform.core.contract import Table
from dataops_platform.core.inputs import product_inputs, silver_inputs
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Entry, JournalState, Publication
from dataops_platform.core.verdict import Check, Verdict
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.layers import bronze, gold, silver
from dataops_platform.layers.stretches import stretches
from dataops_platform.observability import metrics, profiles
from dataops_platform.observability.usualness import usual_checks
from dataops_platform.quality.counts import Counts
from dataops_platform.quality.profile import ColumnProfile
from dataops_platform.quality.verdicts import verdicts


@dataclass
class StepResult:
    """What a step did.

    Attributes:
        published: by layer, the Delta facts of what was written: of silver by stretches of dates, of gold by chunks.
        files: bronze only: landed objects by date.
        usual: by judged date, whether its numbers are what those before it make likely.
        started: when the step began, on the process's own clock.
    """

    dates: Sequence[date]
    published: dict[str, list[Publication]] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    profiles: list[ColumnProfile] = field(default_factory=list)
    files: Mapping[date, int] = field(default_factory=dict)
    usual: Mapping[date, Sequence[Check]] = field(default_factory=dict)
    started: float = field(default_factory=perf_counter)

    @property
    def refused(self) -> list[Verdict]:
        """Verdicts of the partitions that were not published."""
        return [verdict for verdict in self.verdicts if not verdict.is_accepted]

    @property
    def seconds(self) -> float:
        """How long the step has taken so far."""
        return perf_counter() - self.started


def load_bronze(platform: Platform, table: Table, dates: Sequence[date], run_id: str) -> StepResult:
    """`bronze/{table}` holds what landed on these dates."""
    result = StepResult(dates)
    platform.announce(f"bronze/{table.name}: reading {_of(dates)}")
    zone = RawZone(platform.lake_store)
    listing = zone.listing(dates)
    files = {day: len(listing.objects.get((table.name, day), ())) for day in dates}
    result.files = files
    # What landed is never gone: of dates on which nothing was seen to land, nothing is replaced, as another process may
    # have loaded since what it saw.
    landed = [day for day in dates if files[day]]
    if not landed:
        return result
    published = bronze.load(platform, table.contract, landed, listing)
    result.published = {"bronze": [published]}
    values = {
        day: {
            "row_count": float(published.rows(day)),
            "file_count": float(files[day]),
            **metrics.of_partition(published.partitions.get(day)),
        }
        for day in landed
    }
    _remember(platform, table, "bronze", run_id, values, result.seconds)
    now = datetime.now(UTC)
    platform.journal.record(
        [
            Entry(
                table=table.name,
                layer="bronze",
                ingestion_date=day,
                inputs=listing.fingerprint(table.name, day),
                contract_version=table.contract.version,
                accepted=True,
                rows=published.rows(day),
                quarantined=0,
                message="",
                run_id=run_id,
                at=now,
            )
            for day in landed
        ]
    )
    return result


def publish_silver(platform: Platform, table: Table, dates: Sequence[date], run_id: str) -> StepResult:
    """Every bronze row of these dates is in silver or in quarantine; refused dates keep what they had in silver."""
    result = StepResult(dates)
    platform.announce(f"silver/{table.name}: judging {_of(dates)}")
    state = platform.journal.state()
    inputs = {day: found for day, found in silver_inputs(state, table.contract).items() if day in set(dates)}
    said = {day: state.instruction("release", table.name, day) for day in dates}
    released = {day: f"released by {one.by}: {one.reason}" for day, one in said.items() if one is not None}
    pardoned = [state.instruction("release_rows", table.name, day) for day in dates]
    rows = [place for one in pardoned if one is not None for place in one.rows]
    # Of dates that nothing is known to have landed on, nothing is replaced: another process may be loading them now.
    landed = [day for day in dates if day in inputs]
    result.verdicts.extend(verdicts(table.contract, [day for day in dates if day not in inputs], Counts()))
    if landed:
        platform.lake.require_writable(f"quarantine/{table.name}", f"silver/{table.name}")
        loaded = state.of("bronze", table.name)
        for stretch in stretches(landed, {day: loaded[day].rows for day in landed}):
            done = silver.publish(platform, table, stretch, released=released, released_rows=rows)
            result.verdicts.extend(done.verdicts)
            result.profiles.extend(done.profiles)
            result.published.setdefault("quarantine", []).append(done.quarantine)
            if done.silver is not None:
                result.published.setdefault("silver", []).append(done.silver)
    platform.journal.record(_forgotten(platform, table, result.refused, state, run_id))
    _judged(platform, table, "silver", run_id, result, inputs)
    return result


def _forgotten(
    platform: Platform, table: Table, refused: Sequence[Verdict], state: JournalState, run_id: str
) -> list[Entry]:
    """What silver holds of refused dates, where a run published it and died before it could say so.

    Gold is made from it, so the journal has to know. A date that is accepted is simply published again.
    """
    there = platform.lake.partitions(f"silver/{table.name}") if refused else {}
    now = datetime.now(UTC)
    found = []
    for day in (verdict.ingestion_date for verdict in refused):
        facts, known = there.get(day), state.published.get(("silver", table.name, day))
        if facts is None or facts.written_at is None or (known is not None and facts.written_at <= known.at):
            continue
        found.append(
            Entry(
                table=table.name,
                layer="silver",
                ingestion_date=day,
                inputs=f"written at {facts.written_at}",
                contract_version=table.contract.version,
                accepted=True,
                rows=facts.rows,
                quarantined=0,
                message="",
                run_id=run_id,
                at=now,
            )
        )
    return found


def build_gold(platform: Platform, table: Table, dates: Sequence[date], run_id: str) -> StepResult:
    """`gold/{table}` holds the snapshots as of these dates that keep their business rules."""
    platform.lake.require_writable(f"gold/{table.name}")
    inputs = product_inputs(platform.journal.state(), table)
    result = StepResult([day for day in dates if day in inputs], {"gold": []})
    platform.announce(f"gold/{table.name}: building {_of(result.dates)}")
    for chunk in gold.publish(platform, table, result.dates):
        result.verdicts.extend(chunk.verdicts)
        result.profiles.extend(chunk.profiles)
        if chunk.published is not None:
            result.published["gold"].append(chunk.published)
    _judged(platform, table, "gold", run_id, result, inputs)
    return result


def _judged(
    platform: Platform,
    table: Table,
    layer: str,
    run_id: str,
    result: StepResult,
    inputs: Mapping[date, str],
) -> None:
    publications = result.published.get(layer)
    facts = publications[-1].partitions if publications else {}
    values = {
        verdict.ingestion_date: {
            **metrics.of_verdict(verdict),
            **metrics.of_partition(facts.get(verdict.ingestion_date)),
        }
        for verdict in result.verdicts
        if verdict.ingestion_date in inputs
    }
    _remember(platform, table, layer, run_id, values, result.seconds)
    result.usual = usual_checks(platform.lake, table.contract, layer, list(values))
    now = datetime.now(UTC)
    profiles.record(platform.lake, table.name, layer, result.profiles, run_id=run_id, at=now)
    platform.journal.record(
        [
            Entry(
                table=table.name,
                layer=layer,
                ingestion_date=verdict.ingestion_date,
                inputs=inputs[verdict.ingestion_date],
                contract_version=table.contract.version,
                accepted=verdict.is_accepted,
                rows=verdict.rows,
                quarantined=verdict.quarantined,
                message="" if verdict.is_accepted else verdict.message,
                run_id=run_id,
                at=now,
            )
            for verdict in result.verdicts
            if verdict.ingestion_date in inputs
        ]
    )


def _remember(
    platform: Platform,
    table: Table,
    layer: str,
    run_id: str,
    values: Mapping[date, Mapping[str, float]],
    seconds: float,
) -> None:
    """Processing time is the step's, shared equally among its dates."""
    found = metrics.measurements(table.name, layer, values, run_id=run_id, seconds=seconds)
    metrics.record(platform.lake, found)


#: What fills each layer; quarantine is filled with silver.
STEPS: Mapping[str, Callable[[Platform, Table, Sequence[date], str], StepResult]] = MappingProxyType(
    {"bronze": load_bronze, "silver": publish_silver, "gold": build_gold}
)


def _of(dates: Sequence[date]) -> str:
    return f"{len(dates)} date{'' if len(dates) == 1 else 's'}"
