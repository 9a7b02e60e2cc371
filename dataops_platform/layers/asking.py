"""This room's way of asking Dagster for the run of what is due; every sensor asks the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.landing.raw_zone import RawListing
from dataops_platform.layers.due import Due
from dataops_platform.layers.runs import JOB, WORK_TAG, request

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)


def ask(
    instance: dg.DagsterInstance, platform: Platform, listing: RawListing, told: str, tags: Mapping[str, str]
) -> tuple[Due, dg.SensorResult | dg.SkipReason]:
    """What is due, and one run for it all with these tags too; or why none is asked for, after what was `told`."""
    wanted, run = request(platform, listing)
    if run is None:
        return wanted, dg.SkipReason(f"{told}; everything that landed has reached gold or quarantine.")
    if pause := _pause(instance, wanted.told):
        return wanted, dg.SkipReason(f"{told}; the run for what is due failed, trying again in {pause}.")
    return wanted, dg.SensorResult(run_requests=[run.with_replaced_attrs(tags={**run.tags, **tags})])


def _pause(instance: dg.DagsterInstance, work: str) -> timedelta | None:
    """How long to wait before the same work is tried again: twice as long after each failure, never for ever."""
    failed = dg.RunsFilter(job_name=JOB, tags={WORK_TAG: work}, statuses=[dg.DagsterRunStatus.FAILURE])
    records = instance.get_run_records(failed, limit=10)
    if not records:
        return None
    wait = min(_FIRST_PAUSE * 2 ** (len(records) - 1), _LONGEST_PAUSE)
    since = datetime.now(UTC) - datetime.fromtimestamp(records[0].end_time or 0, UTC)
    return None if since > wait else wait - since
