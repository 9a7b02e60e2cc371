"""This room's delivery of metrics: whatever a sink does not have yet reaches it, however long it was away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataops_platform.core.measurement import Measurement, MetricSink
from dataops_platform.core.ports import Lake
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.observability import outbox
from dataops_platform.observability.metrics import TABLE

#: Measurements sent before a receipt is written: one call of CloudWatch's, so that a failure repeats nothing.
_AT_ONCE = 1_000
_STEP = ["run_id", "layer", "table", "at"]


@dataclass(frozen=True)
class Delivered:
    """What became of a delivery.

    Attributes:
        sent: measurements the sink has taken; `kept_back`, those it never takes.
        problem: why the rest waits for the next delivery, or None where nothing waits.
    """

    sent: int = 0
    kept_back: int = 0
    problem: str | None = None


def deliver(lake: Lake, sink: MetricSink, *, is_over: Callable[[], bool] = lambda: False) -> Delivered:
    """The sink has every measurement, the oldest first; or those up to where it stopped to answer, and no error.

    A step's measurements are one item of the outbox. Those of the last step may reach the sink twice after a crash.
    """
    sent = kept_back = 0
    for steps in _in_parts(_waiting(lake, sink.name)):
        if is_over():
            break
        found = [one for step in steps.values() for one in step]
        try:
            refused = sink.send(found)
        except EnvironmentProblem as error:
            return Delivered(sent, kept_back, str(error))
        outbox.receive(lake, sink.name, steps, datetime.now(UTC), kept_back=refused)
        sent, kept_back = sent + len(found) - refused, kept_back + refused
    return Delivered(sent, kept_back)


def _waiting(lake: Lake, sink: str) -> dict[str, list[Measurement]]:
    """The measurements without a receipt, by the step that took them, oldest step first."""
    records = lake.records(TABLE)
    if records is None:
        return {}
    received = outbox.delivered(lake, sink)
    steps = records.group_by(_STEP, use_threads=False).aggregate([]).sort_by("at").to_pylist()
    waiting: dict[str, list[Measurement]] = {item: [] for item in map(_item, steps) if item not in received}
    if not waiting:
        return waiting
    since = min(step["at"] for step in steps if _item(step) in waiting)
    for row in records.filter(pc.field("at") >= pa.scalar(since)).to_pylist():
        item = _item(row)
        if item in waiting:
            waiting[item].append(Measurement(**row))
    return waiting


def _item(step: Mapping[str, Any]) -> str:
    return " ".join(str(step[part]) for part in _STEP)


def _in_parts(steps: dict[str, list[Measurement]]) -> list[dict[str, list[Measurement]]]:
    parts: list[dict[str, list[Measurement]]] = []
    room = 0
    for item, found in steps.items():
        if not parts or room < len(found):
            parts.append({})
            room = _AT_ONCE
        parts[-1][item] = found
        room -= len(found)
    return parts
