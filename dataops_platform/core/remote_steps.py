"""This room's remote steps: a step of a run that another machine does, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


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
