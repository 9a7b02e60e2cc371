"""This room's run signs: what went wrong in Dagster itself: steps, runs, sensors and schedules.

Dagster has no public names for the types of a tick and of what it is a tick of, so these are told by their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import DagsterInstance

from dataops_platform import errors
from dataops_platform.core.platform import Platform
from dataops_platform.layers.runs import JOB
from dataops_platform.observability.signs import FAILED, Sign

_FINISHED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]
_SCHEDULE, _FAILURE, _UNDER_WAY = "SCHEDULE", "FAILURE", "STARTED"
#: A sensor that failed once looks again within seconds; a schedule, a day later.
_SENSOR_TICKS, _SCHEDULE_TICKS = 3, 1
_CAUSE = "Storage, credentials or the engine; what was to be done is tried again, or due for the next run."


def run_signs(platform: Platform, instance: DagsterInstance, now: datetime) -> list[Sign]:
    """Steps of the last run that failed, and sensors and schedules that do; refused dates are no failure of a step."""
    return [*_steps(platform, instance, now), *_instigators(instance, now)]


def _steps(platform: Platform, instance: DagsterInstance, now: datetime) -> list[Sign]:
    failed = _last_if_failed(instance, dg.RunsFilter(job_name=JOB, statuses=_FINISHED), now)
    if failed is None:
        return []
    run_id, since = failed
    found, events = {}, instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in events:
        event = entry.get_dagster_event()
        failure = event.step_failure_data.user_failure_data
        if failure is not None and "refused" in failure.metadata:
            continue
        layer, _, name = (event.step_key or "").partition("_")
        if name in {table.name for table in platform.tables}:
            why = failure.description if failure and failure.description else "It is in the log of the run."
            found[name] = Sign(FAILED, name, (), f"The {layer} step failed. {why}", _CAUSE, since, run_id)
    if not events:  # nothing of it could say why: its process did not start, or was killed
        told = "The run failed before or between its steps. What is known of it is in its log."
        found[JOB] = Sign(FAILED, JOB, (), told, "Its process was killed, or could not start.", since, run_id)
    return list(found.values())


def _last_if_failed(
    instance: DagsterInstance, of: dg.RunsFilter, now: datetime
) -> tuple[str, datetime] | None:
    """Id and end of the last finished run, if it failed."""
    records = instance.get_run_records(of, limit=1)
    if not records or records[0].dagster_run.is_success:
        return None
    ended = records[0].end_time
    return records[0].dagster_run.run_id, datetime.fromtimestamp(ended, UTC) if ended else now


def _instigators(instance: DagsterInstance, now: datetime) -> Iterator[Sign]:
    if instance.schedule_storage is None:  # of this process alone: no daemon ticks there
        return
    for state in instance.all_instigator_state():
        if not state.is_running:
            continue
        sign = _ticks(instance, state)
        if sign is None and state.instigator_type.value == _SCHEDULE:
            sign = _scheduled_run(instance, state.instigator_name, now)
        if sign is not None:
            yield sign


def _ticks(instance: DagsterInstance, state: Any) -> Sign | None:
    """Its last ticks failed, all of them."""
    needed = _SCHEDULE_TICKS if state.instigator_type.value == _SCHEDULE else _SENSOR_TICKS
    newest = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=needed + 1)
    ticks = [tick for tick in newest if tick.status.value != _UNDER_WAY][:needed]
    if len(ticks) < needed or any(tick.status.value != _FAILURE for tick in ticks):
        return None
    kind, since = state.instigator_type.value.lower(), min(tick.timestamp for tick in ticks)
    told = f"The {kind} {state.instigator_name} fails. {_why(ticks[0].error)}"
    cause = "Storage or credentials, or a fault in the code; it goes on trying."
    return Sign(FAILED, state.instigator_name, (), told, cause, datetime.fromtimestamp(since, UTC))


def _scheduled_run(instance: DagsterInstance, schedule: str, now: datetime) -> Sign | None:
    of = dg.RunsFilter(tags={"dagster/schedule_name": schedule}, statuses=_FINISHED)
    failed = _last_if_failed(instance, of, now)
    if failed is None:
        return None
    run_id, since = failed
    told = f"The last run of the schedule {schedule} failed. Why is in its log."
    return Sign(FAILED, schedule, (), told, _CAUSE, since, run_id)


def _why(error: Any) -> str:
    """What a deliberate error says; of any other its kind, since its text may quote rows."""
    kind = "an unknown error"
    while error is not None:
        kind = error.cls_name or kind
        if issubclass(getattr(errors, kind, object), errors.PlatformError):
            return str(error.message).partition(": ")[2].strip()
        error = error.cause
    return f"It is {kind}, which nobody foresaw; the trace is with its tick in Dagster."
