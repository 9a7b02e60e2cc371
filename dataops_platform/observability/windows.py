"""This room's windows: medians of the days around or before each day, for many series at once.

A series is a row, a day a column, and NaN stands for a day without a number.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Series worked on at once, so that a window of each fits into the processor's cache.
SERIES_AT_ONCE = 1_000


def chunks(series: int) -> Iterator[slice]:
    """The series in chunks."""
    return (slice(start, start + SERIES_AT_ONCE) for start in range(0, series, SERIES_AT_ONCE))


def median(numbers: Numbers, *, needs: int) -> Numbers:
    """The median along the last axis of what is there; NaN where that is fewer than `needs`.

    `numpy.nanmedian` does the same twenty times slower.
    """
    if not numbers.shape[-1]:
        return np.full(numbers.shape[:-1], np.nan)
    ordered = np.sort(numbers, axis=-1)  # NaN goes last
    there = (~np.isnan(ordered)).sum(axis=-1)
    middle = [
        np.take_along_axis(ordered, np.maximum(place, 0)[..., None], axis=-1)[..., 0]
        for place in ((there - 1) // 2, there // 2)
    ]
    found: Numbers = np.where(there >= max(needs, 1), (middle[0] + middle[1]) / 2, np.nan)
    return found


def before(numbers: Numbers, days: int, *, needs: int) -> Numbers:
    """The median of the `days` days before each day; the day itself is never among them."""
    return median(_windows(numbers, days, ahead=0)[:, :-1], needs=needs)


def around(numbers: Numbers, days: int, *, needs: int) -> Numbers:
    """The median of the `days` days of which each day is the middle one."""
    return median(_windows(numbers, days, ahead=days // 2)[:, 1 : 1 + numbers.shape[1]], needs=needs)


def lagged(numbers: Numbers, lags: range) -> Numbers:
    """The numbers of each of `lags` days ago, along a new last axis."""
    found = np.full((*numbers.shape, len(lags)), np.nan)
    for place, lag in enumerate(lags):
        if lag < numbers.shape[1]:
            found[:, lag:, place] = numbers[:, : numbers.shape[1] - lag]
    return found


def carried(numbers: Numbers, *, most: int) -> Numbers:
    """The last number there was stands for the days after it that have none, at most so many of them."""
    days = np.arange(numbers.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(numbers), -1, days), axis=1)
    found = np.take_along_axis(numbers, np.maximum(last, 0), axis=1)
    found[(last < 0) | (days - last > most)] = np.nan
    return found


def _windows(numbers: Numbers, days: int, *, ahead: int) -> Numbers:
    padded = np.pad(numbers, ((0, 0), (days, ahead)), constant_values=np.nan)
    return np.lib.stride_tricks.sliding_window_view(padded, days, axis=1)
