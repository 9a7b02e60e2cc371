"""This room's anomalies: whether a number is what the numbers before it make likely, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dataops_platform.core.arrivals import Arrivals
from dataops_platform.core.plain_detector import in_digits, only_rises_matter
from dataops_platform.observability.detectors import ROBUST_LIMIT, Scale, plain, robust
from dataops_platform.observability.windows import Flags, Numbers

USUAL, UNUSUAL, UNKNOWN = "usual", "unusual", "not enough history"
#: Days before the first judged one that are looked at.
HISTORY = timedelta(days=120)
_SERIES = ["table", "layer", "metric"]
_SHARES = Scale(floor=0.12, counts=False)
_SCALES = {
    "bytes": Scale(floor=0.05, counts=False),
    "processing_time": Scale(floor=0.25, counts=False),
    "freshness_lag": Scale(floor=0.25, counts=False),
}
_NO_RULES: Mapping[str, Arrivals] = {}


@dataclass(frozen=True)
class _Grid:
    """The history as a matrix: a series a row, a day a column, NaN where nothing was measured."""

    series: pd.DataFrame
    days: NDArray[np.datetime64]
    numbers: Numbers

    @property
    def scales(self) -> list[Scale]:
        return [scale_of(metric) for metric in self.series["metric"]]

    def places(self, numbers: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column of each of these numbers; row -1 where its series is not here."""
        rows = self.series.assign(row=np.arange(len(self.series)))
        found = numbers[_SERIES].merge(rows, on=_SERIES, how="left")["row"].fillna(-1)
        days = numbers["ingestion_date"].to_numpy().astype("datetime64[D]")
        return found.to_numpy(np.intp), np.searchsorted(self.days, days)

    def holidays(self, arrivals: Mapping[str, Arrivals]) -> Flags:
        found = np.zeros(self.numbers.shape, bool)
        for table, rule in arrivals.items():
            rows = (self.series["table"] == table).to_numpy()
            found[rows] = np.isin(self.days, np.array(rule.holidays, "datetime64[D]"))
        return found


def scale_of(metric: str) -> Scale:
    """How a metric's numbers vary, by its name."""
    scale = _SHARES if metric.endswith("_pct") else _SCALES.get(metric, Scale())
    return replace(scale, only_rises=only_rises_matter(metric))


def judged(
    history: pd.DataFrame, dates: Collection[date], arrivals: Mapping[str, Arrivals] = _NO_RULES
) -> pd.DataFrame:
    """Every number of `dates`, held against the numbers before it.

    `history` has the columns table, layer, metric, ingestion_date (datetime64) and value, a row for each number; see
    `metrics.latest`. `arrivals` tells holidays by table. Beside those columns the result has

        outcome    `usual`, `unusual` or `not enough history`
        detector   `robust`, or `plain` for a series that is too young for it (under four weeks)
        score      how many spreads above, or below, what was expected
        expected, low, high   what was expected, and the range that is usual
        measured   how many measured days before it that rests on
        why        the same in words
    """
    wanted = history[history["ingestion_date"].isin(pd.to_datetime(sorted(dates)))]
    grid = _grid(history, wanted)
    at = grid.places(wanted)
    old = robust(grid.numbers, grid.days, grid.scales, holidays=grid.holidays(arrivals))
    young = plain(grid.numbers, grid.scales)
    is_old = ~np.isnan(old.expected[at])
    told = {
        name: np.where(is_old, getattr(old, name)[at], getattr(young, name)[at])
        for name in ("expected", "low", "high", "score", "unusual")
    }
    unusual = told.pop("unusual").astype(bool)
    found = wanted.assign(**told)
    found["detector"] = np.where(is_old, "robust", "plain")
    found["outcome"] = np.where(unusual, UNUSUAL, USUAL)
    found.loc[found["expected"].isna(), "outcome"] = UNKNOWN
    is_drift = unusual & is_old & (np.abs(found["score"]) <= ROBUST_LIMIT)
    found["measured"] = (~np.isnan(grid.numbers)).cumsum(axis=1)[at] - 1
    rows = zip(found.to_dict("records"), is_drift, strict=True)
    found["why"] = [_why(row, is_drift=drifts) for row, drifts in rows]
    return found


def _grid(history: pd.DataFrame, wanted: pd.DataFrame) -> _Grid:
    """The series of the wanted numbers, from some months before the first of them on."""
    series = wanted[_SERIES].drop_duplicates().reset_index(drop=True)
    first, last = wanted["ingestion_date"].min() - HISTORY, wanted["ingestion_date"].max()
    days = pd.date_range(first, last).to_numpy() if len(wanted) else np.empty(0, "datetime64[D]")
    grid = _Grid(series, days.astype("datetime64[D]"), np.full((len(series), len(days)), np.nan))
    known = history[history["ingestion_date"].between(first, last)]
    rows, columns = grid.places(known)
    grid.numbers[rows[rows >= 0], columns[rows >= 0]] = known["value"].to_numpy()[rows >= 0]
    return grid


def _why(row: Mapping[Hashable, Any], *, is_drift: bool) -> str:
    metric, value = str(row["metric"]), in_digits(row["value"])
    if row["outcome"] == UNKNOWN:
        return f"{metric} is {value}; {row['measured']} measured days before it are not enough history to judge it by."
    usual = f"{in_digits(row['low'])} to {in_digits(row['high'])}"
    day = f"{row['ingestion_date']:%A}"
    since = f"on a {day}" if row["detector"] == "robust" else "after the seven measured days before it"
    if row["outcome"] == USUAL:
        return f"{metric} is {value}, within {usual}, which is usual {since}."
    if is_drift:
        side = "above" if row["score"] > 0 else "below"
        return (
            f"{metric} is {value}, within {usual}, but has been {side} what was expected "
            f"({in_digits(row['expected'])} today) for days on end: a slow drift."
        )
    far = (
        "not one of them differed"
        if np.isinf(row["score"])
        else f"{abs(row['score']):.1f} times the usual spread"
    )
    return (
        f"{metric} is {value}; {usual} is usual {since}, {in_digits(row['expected'])} was expected ({far})."
    )
