"""This room's measurement: one number of one partition, and the port it is told to the outside through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True)
class Measurement:
    """One number of one partition, as of one run.

    Attributes:
        value: rows, files, bytes, seconds, or per cent where the metric's name ends in `_pct`.
        at: when it was measured (UTC).
    """

    table: str
    layer: str
    ingestion_date: date
    metric: str
    value: float
    run_id: str
    at: datetime


class MetricSink(Protocol):
    """A service outside that draws curves of numbers.

    Attributes:
        name: what receipts call it; another sink has another.
    """

    name: str

    def send(self, found: Sequence[Measurement]) -> int:
        """The service has these measurements; how many of them it does not take, ever, and so does not have.

        Raises:
            Unreachable: it did not answer, or not for all of them; sending all of them again is safe.
            EnvironmentProblem: it refuses this caller, until somebody mends that.
        """
