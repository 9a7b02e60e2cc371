"""This room's runs: how what is due becomes one Dagster run, the same from the sensor and from `dataops sync`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import dagster as dg

from dataops_platform.core.contract import Table
from dataops_platform.core.inputs import LAYERS
from dataops_platform.core.platform import Platform
from dataops_platform.landing.announced import partitions_from
from dataops_platform.landing.ingest import Ingest, Ingested
from dataops_platform.landing.raw_zone import RawListing, RawZone
from dataops_platform.layers.due import Due, due
from dataops_platform.layers.reporting import DUE_ONLY_TAG

JOB = "landing_to_gold"
WORK_TAG = "dataops/due"
#: Of a run that has yet to begin, or goes on.
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def ingest(
    platform: Platform,
    advance: Callable[[int, int], None] = lambda _done, _all: None,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[Ingested, RawListing]:
    """Everything that has landed is in the raw zone; also what the raw zone holds then."""
    before = RawZone(platform.lake_store).listing()
    done = ingest_step(platform).run(before.keys, advance, is_over)
    return done, before.with_objects(found.raw_key for found in done.copied)


def expected(platform: Platform) -> RawListing:
    """What the raw zone would hold once everything that has landed were in it; nothing is copied."""
    before = RawZone(platform.lake_store).listing()
    landed = ingest_step(platform).expected(platform.landing.objects(), Ingested())
    return before.with_objects(found.raw_key for found in landed)


def ingest_step(platform: Platform) -> Ingest:
    """The copy of what lands for this platform's tables and dates."""
    return Ingest(
        platform.landing,
        platform.lake_store,
        frozenset(table.name for table in platform.sources),
        partitions_from(platform.first_date),
    )


def request(platform: Platform, listing: RawListing) -> tuple[Due, dg.RunRequest | None]:
    """What is due, and the one run that does it: all tables and dates together; None where nothing is due."""
    return request_within(platform, listing, date.min, date.max)


def request_within(
    platform: Platform, listing: RawListing, first: date, last: date, layers: Sequence[str] = LAYERS
) -> tuple[Due, dg.RunRequest | None]:
    """What is due of these dates in these layers, and the one run that does it; None where nothing is due."""
    wanted = due(platform, listing, layers).within(first, last)
    if not wanted:
        return wanted, None
    # The listing may be of a few dates; every other date that anything landed on has been loaded before.
    loaded = (day for layer, _, day in platform.journal.state().last if layer == "bronze")
    known = {*wanted.dates, *(day for _, day in listing.objects), *loaded}
    tags, selection = (
        run_tags(wanted, max(day for day in known if day <= last)),
        _selection(platform, wanted, layers),
    )
    return wanted, dg.RunRequest(job_name=JOB, tags=tags, asset_selection=selection)


def is_under_way(instance: dg.DagsterInstance, *, work: str | None = None) -> bool:
    """Whether a run of the job waits or works; with `work`, one that was started for just that."""
    tags = {WORK_TAG: work} if work else {}
    return instance.get_runs_count(dg.RunsFilter(job_name=JOB, tags=tags, statuses=UNFINISHED)) > 0


def run_tags(wanted: Due, last: date) -> dict[str, str]:
    """Tags of a run that works on what is due, in the range that holds it.

    The range ends on the last date there is anything of, because a late file makes the snapshots of all later dates
    due; dates on which nothing is due cost next to nothing.
    """
    return {
        DUE_ONLY_TAG: "true",
        WORK_TAG: wanted.told,
        "dagster/asset_partition_range_start": wanted.dates[0].isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }


def _selection(platform: Platform, wanted: Due, layers: Sequence[str]) -> list[dg.AssetKey]:
    """What is built from what will be published is selected too: gold, and tables whose rows refer to it."""
    judged = ["silver", "quarantine"] if "silver" in layers else []
    asked = [*(["bronze"] if "bronze" in layers else []), *judged]
    sources = [
        table.name
        for table in platform.sources
        if {table.name, *_referred(platform, table)} & {*wanted.sources}
    ]
    loaded = [[layer, name] for name in sources for layer in asked]
    built = [["gold", table.name] for table in platform.products if "gold" in layers]
    return [dg.AssetKey(path) for path in (*loaded, *built)]


def _referred(platform: Platform, table: Table) -> set[str]:
    """The tables that rows of this one refer to, and those that rows of these do."""
    direct = {rule.table for rule in table.contract.references}
    return direct.union(*(_referred(platform, platform.table(name)) for name in direct))
