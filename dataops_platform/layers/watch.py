"""This room's watch: what was measured goes out, what is wrong becomes an incident, and people are told.

Nothing of it is on the way of the data: it reads what the steps left behind, and is as often and as late as it may be.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.errors import PlatformError
from dataops_platform.layers.run_signs import run_signs
from dataops_platform.observability import alert_delivery, metric_delivery
from dataops_platform.observability.alert_delivery import Audiences
from dataops_platform.observability.incidents import advanced, history, record
from dataops_platform.observability.metrics import latest
from dataops_platform.observability.signs import signs

INTERVAL = timedelta(minutes=1)
#: Of a tick that Dagster cuts off after 60 s; a channel that does not answer takes half a minute.
BUDGET = timedelta(seconds=20)
#: What the newest numbers are held against; a table that has been silent for longer is late, not unusual.
_NUMBERS_OF = timedelta(days=150)


def watch(platform: Platform, instance: dg.DagsterInstance, now: datetime) -> list[str]:
    """Metrics and alerts are delivered as far as their receivers take them; why not, of each that does not."""
    deadline = monotonic() + BUDGET.total_seconds()

    def is_over() -> bool:
        return monotonic() > deadline

    state = platform.journal.state()
    numbers = latest(platform.lake, since=now.date() - _NUMBERS_OF)
    found = signs(platform.tables, state, numbers, now)
    found += run_signs(platform, instance, now)
    upstream = {table.name: table.sources for table in platform.products}
    record(platform.lake, advanced(history(platform.lake), found, upstream, now))
    names = frozenset(channel.audience for channel in platform.channels)
    audiences = Audiences({table.name: table for table in platform.tables}, names)
    problems = [
        None
        if is_over()
        else alert_delivery.deliver(platform.lake, channel, platform.alert_rules, now, audiences)
        for channel in platform.channels
    ]
    problems += [
        metric_delivery.deliver(platform.lake, sink, is_over=is_over).problem
        for sink in platform.metric_sinks
    ]
    return [one for one in problems if one is not None]


def incident_sensor(*, is_running: bool = False) -> dg.SensorDefinition:
    """The sensor `incident_sensor`: it starts no run, and forgets nothing that the lake does not know."""

    @dg.sensor(
        name="incident_sensor",
        minimum_interval_seconds=int(INTERVAL.total_seconds()),
        description="Sends metrics, and tells people once of what is late, refused, failed or unusual, and of its end.",
        required_resource_keys={"platform"},
        default_status=dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED,
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        platform: Platform = context.resources.platform
        try:
            problems = watch(platform, context.instance, datetime.now(UTC))
        except PlatformError as error:
            raise dg.Failure(str(error)) from error
        return dg.SkipReason(" ".join(problems) or "Everybody has been told everything.")

    return look
