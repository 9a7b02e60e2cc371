"""This room's remote steps: a step of a run that another machine does, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol

from dataops_platform.core.inputs import LAYERS
from dataops_platform.errors import UnclearRequest


@dataclass(frozen=True)
class StepOrder:
    """What one step is to do.

    Attributes:
        layer: `bronze`, `silver` (and with it quarantine) or `gold`.
        dates: the ingestion dates it works on.
        run_id: the Dagster run it belongs to.
        attempt: 0 of the first try, 1 of the second.
        owner: whose table it is, as the contract names him; costs are told by it.
    """

    layer: str
    table: str
    dates: tuple[date, ...]
    run_id: str
    attempt: int = 0
    owner: str = ""

    def as_json(self) -> dict[str, Any]:
        """The order as JSON has it."""
        return {**asdict(self), "dates": [day.isoformat() for day in self.dates]}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> StepOrder:
        """The order that `as_json` wrote.

        Raises:
            UnclearRequest: it is none.
        """
        try:
            order = cls(**{**told, "dates": tuple(date.fromisoformat(day) for day in told["dates"])})
        except (KeyError, TypeError, ValueError):
            raise UnclearRequest("A step was asked for in words nobody knows; nothing was done.") from None
        if order.layer not in LAYERS:
            raise UnclearRequest(f"There is no layer {order.layer!r} that a step fills; nothing was done.")
        return order


class RemoteSteps(Protocol):
    """Does steps on another machine, by the same code."""

    def done(
        self, order: StepOrder, announce: Callable[[str], None], log: Callable[[str], None]
    ) -> Mapping[str, Any]:
        """The step was done once; its answer, as `layers/remote.py` writes it there and reads it here.

        Args:
            announce: told in a few words what the step works on, as it says so itself.
            log: told where the step runs.

        Raises:
            EnvironmentProblem: it could not be started, or ended without an answer; the message says why.
            Interrupted: the work was told to stop; what ran there was told so too.
        """
