"""This room's plain detector: a number against those of the seven days before it, in plain Python, for one at a time.

`observability/detectors.py` asks the same of thousands of series at once, by the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

#: So many days before it, further than so many standard deviations.
PLAIN_DAYS, PLAIN_LIMIT = 7, 3.0
#: Beside percentages: metrics of which less than usual is no problem.
_ONLY_RISES = {"processing_time", "freshness_lag", "quarantined", "error_count"}
#: Numbers from here on are told without a fraction.
_LARGE = 100


@dataclass(frozen=True)
class Distance:
    """How far a number is from what was expected.

    Attributes:
        expected: the mean of the numbers before it; `low` to `high` is what is usual.
        score: how many standard deviations above (or, negative, below); infinite where the others were all equal.
    """

    expected: float
    low: float
    high: float
    score: float

    def is_unusual(self, *, only_rises: bool) -> bool:
        """Whether it is too far, on a side that matters."""
        return self.score > PLAIN_LIMIT or (self.score < -PLAIN_LIMIT and not only_rises)


def distance(value: float, before: Sequence[float]) -> Distance:
    """How far `value` is from the two or more numbers before it, of which it is none."""
    expected, deviation = fmean(before), stdev(before)
    if value == expected:
        score = 0.0
    elif deviation:
        score = (value - expected) / deviation
    else:
        score = math.copysign(math.inf, value - expected)
    reach = PLAIN_LIMIT * deviation
    return Distance(expected, max(expected - reach, 0.0), expected + reach, score)


def only_rises_matter(metric: str) -> bool:
    """Whether less than usual of this metric is no problem, by its name."""
    return metric.endswith("_pct") or metric in _ONLY_RISES


def in_digits(value: float) -> str:
    """The number as people read it."""
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.3g}"
