"""This room's step events: what became of one step of a run, as it is told outside of Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True)
class Written:
    """What a step published of one asset.

    Attributes:
        version: the table's Delta version afterwards.
    """

    rows: int
    bytes: int
    files: int
    version: int


@dataclass(frozen=True)
class StepEvent:
    """A step has started, is complete, or has failed.

    Attributes:
        attempt: 0 of the first try, 1 of the second.
        assets: what it writes, e.g. `silver/transactions` and `quarantine/transactions`.
        dates: the ingestion dates it works on.
        written: what was published, by asset; nothing yet where it has just started.
        checks: of each check, whether every date passed.
        problem: why it failed, in words without row values.
    """

    state: Literal["start", "complete", "fail"]
    step: str
    job: str
    run_id: str
    attempt: int
    assets: tuple[str, ...]
    dates: tuple[date, ...]
    at: datetime
    written: Mapping[str, Written] = field(default_factory=dict)
    checks: Mapping[str, bool] = field(default_factory=dict)
    problem: str = ""
