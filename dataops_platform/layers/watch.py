"""This room's watch: what was measured goes out, what is wrong becomes an incident, and people are told.

Nothing of it is on the way of the data: it reads what the steps left behind, and is as often and as late as it may be.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.errors import PlatformError
from dataops_platform.layers.runs import JOB
from dataops_platform.observability import alert_delivery, metric_delivery
from dataops_platform.observability.incidents import advanced, history, record
from dataops_platform.observability.metrics import latest
from dataops_platform.observability.signs import FAILED, Sign, signs

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
    found += _failed(platform, instance, now)
    upstream = {table.name: table.sources for table in platform.products}
    record(platform.lake, advanced(history(platform.lake), found, upstream, now))
    problems = [
        None if is_over() else alert_delivery.deliver(platform.lake, channel, platform.alert_rules, now)
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


def _failed(platform: Platform, instance: dg.DagsterInstance, now: datetime) -> list[Sign]:
    """Tables whose step of the last finished run ended with an error; refused dates are no error of a step."""
    finished = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]
    records = instance.get_run_records(dg.RunsFilter(job_name=JOB, statuses=finished), limit=1)
    if not records or records[0].dagster_run.is_success:
        return []
    run_id = records[0].dagster_run.run_id
    ended = records[0].end_time
    since = datetime.fromtimestamp(ended, UTC) if ended else now
    found = {}
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.get_dagster_event()
        failure = event.step_failure_data.user_failure_data
        if failure is not None and "refused" in failure.metadata:
            continue
        layer, _, name = (event.step_key or "").partition("_")
        if name in {table.name for table in platform.tables}:
            why = failure.description if failure and failure.description else "It is in the log of the run."
            cause = "Storage, credentials or the engine; what was to be done is tried again, or due for the next run."
            found[name] = Sign(FAILED, name, (), f"The {layer} step failed. {why}", cause, since, run_id)
    return list(found.values())
