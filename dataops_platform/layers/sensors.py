"""This room's sensor: copies what has landed to the raw zone and starts one run for all that is due."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.errors import PlatformError
from dataops_platform.layers.asking import ask
from dataops_platform.layers.landing_walk import Cursor, look
from dataops_platform.layers.runs import JOB, is_under_way

LANDING_SENSOR = "landing_sensor"
#: A tick is cut off by Dagster after 60 s; what is left over is done by the next one.
TICK_BUDGET = timedelta(seconds=40)
#: Dagster's daemon comes by every five seconds. Asked for five, it often finds that they are not quite over.
INTERVAL = timedelta(seconds=4)
#: Where notifications tell what has landed, it only finds what none of them told.
BENEATH_NOTIFICATIONS = timedelta(minutes=5)


def landing_sensor(*, is_running: bool = False, interval: timedelta = INTERVAL) -> dg.SensorDefinition:
    """The sensor `landing_sensor`: its cursor saves time and no more, because the raw zone and the journal know."""

    @dg.sensor(
        name=LANDING_SENSOR,
        job_name=JOB,
        minimum_interval_seconds=int(interval.total_seconds()),
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
    if is_under_way(context.instance):
        return dg.SkipReason(f"{told}; a run is under way, the next tick sees to what is due then.")
    return ask(context.instance, platform, seen.listing, told, {})[1]
