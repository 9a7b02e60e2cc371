"""This room's detectors: what value a day's number should have had, by the days before it, for many series at once.

Both are pure functions of a matrix: a series a row, a day a column, days without gaps, NaN where nothing was measured.
The day under test is never in its own baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataops_platform.core.plain_detector import PLAIN_DAYS, PLAIN_LIMIT
from dataops_platform.observability.windows import (
    Flags,
    Numbers,
    around,
    before,
    carried,
    chunks,
    lagged,
    median,
)

#: The robust one: further than so many spreads of what it is usually wrong by.
ROBUST_LIMIT = 4.0
#: A drift is told when what the last days were off by, each less the allowance, adds up to this many spreads.
_DRIFT_LIMIT, _DRIFT_ALLOWANCE, _DRIFT_MOST_A_DAY = 6.0, 0.4, 2.0

_LEVEL_DAYS, _WEEKS, _SPREAD_DAYS = 9, 8, 28
#: A table that stops stays unusual for as long as its stop is less than half of this.
_STOP_DAYS = 28
_MONTH_ENDS = 3
#: A median absolute deviation, as a standard deviation of normal errors.
_MAD = 1.4826
#: Variance of the logarithm of one more than a count that is one on average.
_MOST_CHANCE = 0.35


@dataclass(frozen=True)
class Scale:
    """How numbers of a metric vary.

    Attributes:
        floor: the least spread, as a share of the value (of a percentage: of one more than it).
        counts: whether they count single things, so that small ones vary by chance alone.
        only_rises: whether a lower number than usual is no problem.
    """

    floor: float = 0.03
    counts: bool = True
    only_rises: bool = False


@dataclass(frozen=True)
class Judged:
    """What a detector says of each day of each series.

    Attributes:
        expected: NaN where there is not enough history to say; so are `low` and `high`, the range that is usual.
        score: how many spreads above (or, negative, below) what was expected.
        drift: the same of the sum of the last days' errors; 0 where the detector asks of single days only.
        unusual: whether the day is told.
    """

    expected: Numbers
    low: Numbers
    high: Numbers
    score: Numbers
    drift: Numbers
    unusual: Flags


def plain(values: Numbers, scales: Sequence[Scale]) -> Judged:
    """Further than three standard deviations from the mean of the last seven measured days."""
    last = np.full((len(values), PLAIN_DAYS), np.nan)
    mean, deviation = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for day in range(values.shape[1]):
        mean[:, day], deviation[:, day] = last.mean(axis=1), last.std(axis=1, ddof=1)
        there = ~np.isnan(values[:, day])
        last[there] = np.column_stack([last[there, 1:], values[there, day]])
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (values - mean) / deviation
    score[values == mean] = 0.0
    low, high = np.maximum(mean - PLAIN_LIMIT * deviation, 0), mean + PLAIN_LIMIT * deviation
    unusual = _beyond(score, PLAIN_LIMIT, scales)
    return Judged(mean, low, high, score, np.zeros_like(score), unusual)


def robust(
    values: Numbers, dates: NDArray[np.datetime64], scales: Sequence[Scale], *, holidays: Flags | None = None
) -> Judged:
    """Further from what weekday, month end, level and growth of the weeks before make likely than is usual.

    Works on logarithms, so that errors are shares. Level: the median of nine days, so five days at a new one are
    learnt; growth: the median of five weeks' changes of it; weekday: the median of how it differed from its week
    eight times; month end: the same of the last month ends; spread: the median absolute error of four weeks.
    Drifts are found by cumulative sums of errors (Page 1954, two-sided, errors cut off so that one day is not enough).
    `holidays`, by series and day, are in no baseline, and few rows are usual on them.
    """
    found = [np.full(values.shape, np.nan) for _ in range(5)]
    off = np.zeros(values.shape, bool) if holidays is None else holidays
    for rows in chunks(len(values)):
        for part, numbers in zip(found, _robust(values[rows], dates, scales[rows], off[rows]), strict=True):
            part[rows] = numbers
    expected, low, high, score, drift = found
    unusual = _beyond(score, ROBUST_LIMIT, scales) | _beyond(drift, _DRIFT_LIMIT, scales)
    return Judged(expected, low, high, score, drift, unusual)


def _beyond(score: Numbers, limit: float, scales: Sequence[Scale]) -> Flags:
    """Whether a day is too far off; never one that there is not enough history for."""
    falls_matter = ~np.array([scale.only_rises for scale in scales], bool)[:, None]
    found: Flags = (score > limit) | ((score < -limit) & falls_matter)
    return found


def _robust(
    values: Numbers, dates: NDArray[np.datetime64], scales: Sequence[Scale], off: Flags
) -> tuple[Numbers, ...]:
    logs = np.log1p(np.maximum(values, 0))
    known = np.where(off | _is_stop(values, scales), np.nan, logs)
    season, is_open = _season(known, dates)
    flat = known - season
    level = before(flat, _LEVEL_DAYS, needs=4)
    middle = (_LEVEL_DAYS + 1) / 2
    expected = carried(level + _growth(level) * middle, most=_STOP_DAYS) + season
    error = logs - expected
    usual = _MAD * before(np.abs(np.where(np.isnan(known) | is_open, np.nan, error)), _SPREAD_DAYS, needs=7)
    spread = np.maximum(carried(usual, most=_STOP_DAYS), _floor(expected, scales)) * np.where(
        is_open, 2.0, 1.0
    )
    score = error / spread
    score[off & (score < 0)] = 0.0
    low, high = (np.expm1(expected + side * ROBUST_LIMIT * spread) for side in (-1, 1))
    drift = _drift(np.where(off | is_open, 0.0, score))
    drift[np.isnan(score)] = np.nan
    expected[np.isnan(spread)] = np.nan
    return np.expm1(expected), np.maximum(low, 0), high, score, drift


def _is_stop(values: Numbers, scales: Sequence[Scale]) -> Flags:
    """Zeros of a series that has had few: they are no level that is to be learnt, for two weeks."""
    some = np.where(np.isnan(values), np.nan, values > 0)
    falls_matter = ~np.array([scale.only_rises for scale in scales], bool)[:, None]
    found: Flags = (values == 0) & (before(some, _STOP_DAYS, needs=7) == 1) & falls_matter
    return found


def _season(known: Numbers, dates: NDArray[np.datetime64]) -> tuple[Numbers, Flags]:
    """By how much each day's weekday and month end differ; and the days of which that is not known well."""
    differs = known - around(known, 7, needs=4)
    weekday = median(lagged(differs, range(7, 7 * _WEEKS + 1, 7)), needs=2)
    days = dates.astype("datetime64[D]")
    ends = np.flatnonzero((days + 1).astype("datetime64[M]") != days.astype("datetime64[M]"))
    season, is_open = weekday.copy(), np.zeros(known.shape, bool)
    for place, day in enumerate(ends):
        earlier = ends[max(0, place - _MONTH_ENDS) : place]
        effect = median(differs[:, earlier] - weekday[:, earlier], needs=2)
        is_open[:, day] = np.isnan(effect)
        season[:, day] += np.nan_to_num(effect)
    return season, is_open


def _growth(level: Numbers) -> Numbers:
    """Change of the level in a day; none where it is not known yet."""
    weekly = lagged(level, range(0, 36, 7))
    return np.nan_to_num(median((weekly[..., :-1] - weekly[..., 1:]) / 7, needs=3))


def _floor(expected: Numbers, scales: Sequence[Scale]) -> Numbers:
    """The least spread: what the metric's scale says, and the chance there is in counting few things."""
    floors = np.array([scale.floor for scale in scales], float)[:, None]
    counts = np.array([scale.counts for scale in scales], bool)[:, None]
    chance = np.minimum(np.exp(-np.maximum(expected, 0)), _MOST_CHANCE)
    found: Numbers = np.sqrt(floors**2 + np.where(counts, chance, 0.0))
    return found


def _drift(score: Numbers) -> Numbers:
    errors = np.clip(np.nan_to_num(score), -_DRIFT_MOST_A_DAY, _DRIFT_MOST_A_DAY)
    sums, found = np.zeros((2, len(errors))), np.empty_like(errors)
    sides = np.array([[1.0], [-1.0]])
    for day in range(errors.shape[1]):
        sums = np.maximum(sums + sides * errors[:, day] - _DRIFT_ALLOWANCE, 0)
        found[:, day] = np.where(sums[0] >= sums[1], sums[0], -sums[1])
        sums[sums > _DRIFT_LIMIT] = 0.0  # told once, then it has to add up again
    return found
