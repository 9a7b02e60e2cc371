"""This room's trends: the numbers of a table by ingestion date, what was usual of them, and the days outside that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from dataops_platform.core.contract import Table
from dataops_platform.observability.anomalies import HISTORY, UNUSUAL, judged
from dataops_platform.observability.day_states import Window
from dataops_platform.observability.metrics import FAILED_ROWS, WARNED_ROWS

#: Charts of a table that a page has room for; all numbers are in the lake.
MOST_TRENDS = 6
_WEEK = timedelta(days=7)
_BAND = ["low", "high"]


@dataclass(frozen=True)
class Trend:
    """One number by ingestion date.

    Attributes:
        low: of each day the least that was usual, and `high` the most; None where there was too little history, or
            nobody watches the metric.
        unusual: the days that were told, with why.
    """

    metric: str
    days: tuple[date, ...]
    values: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    unusual: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Broken:
    """How often a check was broken in the window.

    Attributes:
        rows: rows that broke it; `recent`, those of the window's last seven dates, `before` of the seven before them.
        dates: on how many dates.
    """

    check: str
    rows: int
    dates: int
    recent: int
    before: int


def trends(numbers: pd.DataFrame, tables: Sequence[Table], window: Window) -> dict[str, tuple[Trend, ...]]:
    """Of each table the numbers that people watch, and shares that were ever above zero; see `metrics.latest`.

    `numbers` begins as long before the window as anomalies look back.
    """
    own = _shown(numbers, tables, window)
    watched = own[own["is_watched"]].drop(columns="is_watched")
    told = judged(watched, window.dates(), {table.name: table.contract.arrivals for table in tables})
    rest = own[~own["is_watched"] & (own["ingestion_date"] >= pd.Timestamp(window.first))]
    parts = [told, rest.assign(low=np.nan, high=np.nan, outcome="", why="")]
    drawn = pd.concat([part for part in parts if len(part)] or [told]).sort_values("ingestion_date")
    found: dict[str, list[Trend]] = {}
    for (table, metric), rows in drawn.groupby(["table", "metric"], sort=False):
        found.setdefault(str(table), []).append(_trend(str(metric), rows))
    return {table: tuple(sorted(all_, key=_order)[:MOST_TRENDS]) for table, all_ in found.items()}


def _shown(numbers: pd.DataFrame, tables: Sequence[Table], window: Window) -> pd.DataFrame:
    watched = {(t.name, t.layer, metric) for t in tables for metric in t.contract.watched}
    keys = pd.MultiIndex.from_frame(numbers[["table", "layer", "metric"]])
    is_watched = keys.isin(list(watched))
    judged_layer = keys.droplevel("metric").isin([(t.name, t.layer) for t in tables])
    in_window = numbers["ingestion_date"] >= pd.Timestamp(window.first)
    ever = set(keys[numbers["metric"].str.endswith("_pct") & in_window & (numbers["value"] > 0)])
    shown = judged_layer & (is_watched | keys.isin(list(ever)))
    return numbers[shown].assign(is_watched=is_watched[shown])


def _trend(metric: str, rows: pd.DataFrame) -> Trend:
    days = tuple(day.date() for day in rows["ingestion_date"])
    low, high = (tuple(None if np.isnan(one) else float(one) for one in rows[side]) for side in _BAND)
    unusual = {
        day: str(why)
        for day, why, outcome in zip(days, rows["why"], rows["outcome"], strict=True)
        if outcome == UNUSUAL
    }
    return Trend(metric, days, tuple(map(float, rows["value"])), low, high, unusual)


def _order(trend: Trend) -> tuple[bool, bool, str]:
    """Rows first, then what was unusual; of the rest what is never zero says more than what always is."""
    return trend.metric != "row_count", not trend.unusual, trend.metric


def is_flat(trend: Trend) -> bool:
    """Whether there is nothing to see: always zero, and never unusual."""
    return not trend.unusual and not any(trend.values)


def broken(numbers: pd.DataFrame, window: Window) -> dict[str, tuple[Broken, ...]]:
    """Of each table the checks that rows broke in the window, the most broken first."""
    first, last = pd.Timestamp(window.first), pd.Timestamp(window.last)
    within = numbers["ingestion_date"].between(first, last) & (numbers["value"] > 0)
    own = numbers[within & numbers["metric"].str.endswith((FAILED_ROWS, WARNED_ROWS))]
    ago = last - own["ingestion_date"]
    counted = own.assign(
        check=own["metric"].str.replace(f"({FAILED_ROWS}|{WARNED_ROWS})$", "", regex=True),
        recent=own["value"].where(ago < _WEEK, 0),
        before=own["value"].where((ago >= _WEEK) & (ago < 2 * _WEEK), 0),
        dates=1,
    )
    sums = counted.groupby(["table", "check"])[["value", "dates", "recent", "before"]].sum()
    found: dict[str, list[Broken]] = {}
    for table, check, *numbers_of in sums.reset_index().itertuples(index=False):
        found.setdefault(str(table), []).append(Broken(str(check), *map(int, numbers_of)))
    return {
        table: tuple(sorted(checks, key=lambda one: (-one.rows, one.check)))
        for table, checks in found.items()
    }


def looks_back(window: Window) -> date:
    """The first date whose numbers the trends of a window rest on."""
    return window.first - HISTORY
