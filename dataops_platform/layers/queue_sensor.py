"""This room's sensor of notifications: copies what messages name, and starts one run for all that is due.

What a tick costs grows with what is new, not with what there is: it looks only at the dates that messages speak of.
The landing sensor, which lists everything, remains the net beneath.
"""

from __future__ import annotations

import json
from datetime import date
from time import monotonic

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.errors import EnvironmentProblem, PlatformError
from dataops_platform.landing.announced import Announced
from dataops_platform.landing.inbox import Inbox
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.layers.asking import ask
from dataops_platform.layers.runs import JOB, ingest_step, is_under_way
from dataops_platform.layers.sensors import INTERVAL, TICK_BUDGET

#: A run's tag that tells of messages somebody should look at.
TOLD_TAG = "dataops/notifications"
_MOST_DATES, _LONGEST_TAG = 100, 255
_EVERYTHING = ""


def notification_sensor(*, is_running: bool = False) -> dg.SensorDefinition:
    """The sensor `notification_sensor`.

    Its cursor holds the dates that may still be due, so that the next tick need not list everything. It is for speed
    alone: one that is lost makes the next tick look at everything.
    """

    @dg.sensor(
        name="notification_sensor",
        job_name=JOB,
        minimum_interval_seconds=int(INTERVAL.total_seconds()),
        description=(
            "Takes S3's notifications from the queue, keeps what they name in the raw zone, and starts one run for all "
            "tables and dates that changed."
        ),
        required_resource_keys={"platform"},
        default_status=dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED,
    )
    def receive(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        platform: Platform = context.resources.platform
        try:
            return _tick(context, platform)
        except PlatformError as error:
            raise dg.Failure(str(error)) from error

    return receive


def _tick(context: dg.SensorEvaluationContext, platform: Platform) -> dg.SensorResult | dg.SkipReason:
    deadline = monotonic() + TICK_BUDGET.total_seconds()
    present = RawDates(RawZone(platform.lake_store))
    done = inbox(platform).empty_into(present, is_over=lambda: monotonic() > deadline)
    for line in done.lines:
        context.log.warning(line)
    context.log.info(done.told)
    noted = _noted(context)
    if is_under_way(context.instance):
        _remember(context, noted, present.days)
        return dg.SkipReason(f"{done.told}; a run is under way, the next tick sees to what is due then.")
    if noted is None:
        present.look_at_everything()
    else:
        present.look_at(noted)
    tags = {TOLD_TAG: done.told[:_LONGEST_TAG]} if done.dead_letters or done.refusals else {}
    wanted, answer = ask(context.instance, platform, present.listing, done.told, tags)
    _remember(context, set(), {day for days in wanted.sources.values() for day in days})
    return answer


def inbox(platform: Platform) -> Inbox:
    """The platform's inbox.

    Raises:
        EnvironmentProblem: the platform has no queue.
    """
    if platform.notifications is None or platform.landing_heads is None:
        raise EnvironmentProblem("There is no queue to take notifications from. Set DATAOPS_QUEUE_URL.")
    return Inbox(platform.notifications, Announced(ingest_step(platform), platform.landing_heads))


def _noted(context: dg.SensorEvaluationContext) -> set[date] | None:
    """The dates that may still be due; None where nobody knows, so that everything has to be looked at."""
    if not context.cursor:
        return None
    try:
        return {date.fromisoformat(day) for day in json.loads(context.cursor)}
    except (ValueError, TypeError):  # somebody edited it in the web interface
        return None


def _remember(context: dg.SensorEvaluationContext, noted: set[date] | None, new: set[date]) -> None:
    """The next tick looks at these dates; at everything where nobody knows which, or they are very many."""
    if noted is None or len(noted | new) > _MOST_DATES:
        context.update_cursor(_EVERYTHING)
    else:
        context.update_cursor(json.dumps(sorted(day.isoformat() for day in noted | new)))
