"""How many faults the detectors find in labelled series, and how many of their alarms are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.anomaly_series import DAYS, FIRST_JUDGED, Series, dates, series
from dataops_platform.observability.detectors import Scale, plain, robust
from dataops_platform.observability.windows import Flags


@dataclass(frozen=True)
class Scored:
    """What a detector found.

    Attributes:
        precision: alarms on a day of a fault, as a share of all alarms.
        recall: faults with an alarm on one of their days, as a share of all faults.
        false_a_year: false alarms of a series in a year.
    """

    precision: float
    recall: float
    false_a_year: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def compared(kind: str, count: int, seed: int) -> dict[str, Scored]:
    """The plain and the robust detector on the same series."""
    found = series(kind, count, seed)
    values = np.stack([one.rows for one in found])
    holidays = np.zeros(values.shape, bool)
    for row, one in enumerate(found):
        holidays[row, list(one.holidays)] = True
    scales = [Scale()] * len(found)
    told = robust(values, dates(), scales, holidays=holidays)
    return {"plain": _scored(plain(values, scales).unusual, found), "robust": _scored(told.unusual, found)}


def _scored(unusual: Flags, found: Sequence[Series]) -> Scored:
    faulty, hit, events = np.zeros(unusual.shape, bool), 0, 0
    for row, one in enumerate(found):
        for first, last in one.events:
            faulty[row, first : last + 1] = True
            hit += bool(unusual[row, first : last + 1].any())
            events += 1
    judged = unusual[:, FIRST_JUDGED:]
    right, wrong = (
        int((judged & faulty[:, FIRST_JUDGED:]).sum()),
        int((judged & ~faulty[:, FIRST_JUDGED:]).sum()),
    )
    years = len(found) * (DAYS - FIRST_JUDGED) / 365
    return Scored(right / max(right + wrong, 1), hit / events, wrong / years)
