"""This room's sensor: copies what has landed to the raw zone and starts one run for all that is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.errors import PlatformError
from dataops_platform.layers.runs import JOB, WORK_TAG, request
from dataops_platform.layers.watch import Cursor, look

#: A tick is cut off by Dagster after 60 s; what is left over is done by the next one.
TICK_BUDGET = timedelta(seconds=40)
#: Dagster's daemon comes by every five seconds. Asked for five, it often finds that they are not quite over.
INTERVAL = timedelta(seconds=4)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def landing_sensor(*, is_running: bool = False) -> dg.SensorDefinition:
    """The sensor `landing_sensor`: its cursor saves time and no more, because the raw zone and the journal know."""

    @dg.sensor(
        name="landing_sensor",
        job_name=JOB,
        minimum_interval_seconds=int(INTERVAL.total_seconds()),
        description=(
            "Looks for files in the landing bucket, keeps each version in the raw zone, and starts one run for all "
            "tables and dates that changed."
        ),
        required_resource_keys={"platform"},
        default_status=dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED,
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        platform: Platform = context.resources.platform
        try:
            return _tick(context, platform)
        except PlatformError as error:
            raise dg.Failure(str(error)) from error

    return look


def _tick(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
    deadline = monotonic() + TICK_BUDGET.total_seconds()
    seen = look(platform, Cursor.read(context.cursor), lambda: monotonic() > deadline)
    context.update_cursor(str(seen.cursor))
    for key, problem in seen.ingested.failed.items():
        context.log.error("%s could not be copied and is tried again: %s", key, problem)
    told = f"{len(seen.ingested.copied)} new objects, {seen.ingested.known} known before"
    if _is_busy(context.instance):
        return dg.SkipReason(f"{told}; a run is under way, the next tick sees to what is due then.")
    wanted, run = request(platform, seen.listing)
    if run is None:
        return dg.SkipReason(f"{told}; everything that landed has reached gold or quarantine.")
    if pause := _pause(context.instance, wanted.told):
        return dg.SkipReason(f"{told}; the run for what is due failed, trying again in {pause}.")
    return dg.SensorResult(run_requests=[run])


def _is_busy(instance: dg.DagsterInstance) -> bool:
    return instance.get_runs_count(dg.RunsFilter(job_name=JOB, statuses=_UNFINISHED)) > 0


def _pause(instance: dg.DagsterInstance, work: str) -> timedelta | None:
    """How long to wait before the same work is tried again: twice as long after each failure, never for ever."""
    failed = dg.RunsFilter(job_name=JOB, tags={WORK_TAG: work}, statuses=[dg.DagsterRunStatus.FAILURE])
    records = instance.get_run_records(failed, limit=10)
    if not records:
        return None
    wait = min(_FIRST_PAUSE * 2 ** (len(records) - 1), _LONGEST_PAUSE)
    since = datetime.now(UTC) - datetime.fromtimestamp(records[0].end_time or 0, UTC)
    return None if since > wait else wait - since
