"""This room's runs: how what is due becomes one Dagster run, the same from the sensor and from `dataops sync`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.landing.ingest import Ingest, Ingested
from dataops_platform.landing.raw_zone import RawListing, RawZone
from dataops_platform.layers.due import Due, due
from dataops_platform.layers.reporting import DUE_ONLY_TAG

JOB = "landing_to_gold"
WORK_TAG = "dataops/due"


def ingest(
    platform: Platform,
    advance: Callable[[int, int], None] = lambda _done, _all: None,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[Ingested, RawListing]:
    """Everything that has landed is in the raw zone; also what the raw zone holds then."""
    before = RawZone(platform.lake_store).listing()
    done = ingest_step(platform).run(before.keys, advance, is_over)
    return done, before.with_objects(found.raw_key for found in done.copied)


def ingest_step(platform: Platform) -> Ingest:
    """The copy of what lands for this platform's tables and dates."""
    return Ingest(
        platform.landing,
        platform.lake_store,
        frozenset(table.name for table in platform.sources),
        lambda day: platform.first_date <= day <= datetime.now(UTC).date(),
    )


def request(platform: Platform, listing: RawListing) -> tuple[Due, dg.RunRequest | None]:
    """What is due, and the one run that does it: all tables and dates together; None where nothing is due."""
    wanted = due(platform, listing)
    if not wanted:
        return wanted, None
    # The listing may be of a few dates; every other date that anything landed on has been loaded before.
    loaded = (day for layer, _, day in platform.journal.state().last if layer == "bronze")
    last = max({*wanted.dates, *(day for _, day in listing.objects), *loaded})
    return wanted, dg.RunRequest(
        job_name=JOB, tags=run_tags(wanted, last), asset_selection=_selection(platform, wanted)
    )


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


def _selection(platform: Platform, wanted: Due) -> list[dg.AssetKey]:
    """Gold is always selected: whatever is published makes it due."""
    loaded = [[layer, name] for name in wanted.sources for layer in ("bronze", "silver", "quarantine")]
    built = [["gold", table.name] for table in platform.products]
    return [dg.AssetKey(path) for path in (*loaded, *built)]
