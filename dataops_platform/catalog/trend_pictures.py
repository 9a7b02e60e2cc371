"""This room's trend pictures: where the line, the usual range and marks of a trend lie; templates draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from dataops_platform.catalog.pictures import DAY
from dataops_platform.observability.day_states import Window
from dataops_platform.observability.trends import Trend

HEIGHT = 100
#: Days without a number that a line still crosses: those of a weekend.
_BRIDGED = 3
_PERCENT = "_pct"
_Point = tuple[int, int]
_Place = Callable[[date, float], _Point]


@dataclass(frozen=True)
class UnusualMark:
    """A day that was told."""

    path: str
    text: str


@dataclass(frozen=True)
class TrendPicture:
    """A number by ingestion date.

    Attributes:
        title: what the number is, in words.
        line: the SVG path of the numbers; `band`, of the range that was usual, empty where none is known.
        top: the number at the top of the picture; `last`, the newest number.
    """

    title: str
    line: str
    band: str
    marks: tuple[UnusualMark, ...]
    width: int
    top: str
    last: str


def trend_picture(trend: Trend, window: Window) -> TrendPicture:
    """The picture of a trend over the whole window, so that those below each other can be compared."""
    most = max(*trend.values, *(one for one in trend.high if one is not None and one <= _room(trend)), 0)

    def place(day: date, value: float) -> _Point:
        part = min(max(value / most, 0), 1) if most else 0
        return (day - window.first).days * DAY + DAY // 2, round(HEIGHT - part * (HEIGHT - 4)) - 2

    points = [place(day, value) for day, value in zip(trend.days, trend.values, strict=True)]
    return TrendPicture(
        title=_title(trend.metric),
        line="".join(_path(part) for part in _pieces(points)),
        band="".join(_bands(trend, place)),
        marks=tuple(
            UnusualMark(f"M{x} {y}h0", f"{day}: {trend.unusual[day]}")
            for day, (x, y) in zip(trend.days, points, strict=True)
            if day in trend.unusual
        ),
        width=window.days * DAY,
        top=_told(most, trend.metric),
        last=_told(trend.values[-1], trend.metric),
    )


def _room(trend: Trend) -> float:
    """Up to where the usual range counts for the picture's height: a wide one would flatten the numbers."""
    return 1.5 * max(trend.values)


def _bands(trend: Trend, place: _Place) -> Iterator[str]:
    known = [
        (day, low, high)
        for day, low, high in zip(trend.days, trend.low, trend.high, strict=True)
        if low is not None and high is not None
    ]
    upper = [place(day, high) for day, _, high in known]
    lower = [place(day, low) for day, low, _ in known]
    start = 0
    for piece in _pieces(upper):
        below = lower[start : start + len(piece)][::-1]
        start += len(piece)
        if len(piece) > 1:
            yield f"{_path(piece)}L{below[0][0]} {below[0][1]}{_steps(below)}z"


def _pieces(points: Sequence[_Point]) -> Iterator[Sequence[_Point]]:
    """The points between which a line is drawn: those after a longer gap begin another."""
    start = 0
    for number in range(1, len(points) + 1):
        if number == len(points) or points[number][0] - points[number - 1][0] > _BRIDGED * DAY:
            yield points[start:number]
            start = number


def _path(points: Sequence[_Point]) -> str:
    return f"M{points[0][0]} {points[0][1]}{_steps(points) or 'h0'}"


def _steps(points: Sequence[_Point]) -> str:
    """From each point to the next by how far it is: shorter than where it is, and there are thousands."""
    pairs = pairwise(points)
    return "".join(f"l{x - before_x} {y - before_y}" for (before_x, before_y), (x, y) in pairs)


def _title(metric: str) -> str:
    if metric == "row_count":
        return "Rows judged"
    if metric == "duplicate_pct":
        return "Repeated keys"
    if metric.endswith("_null_pct"):
        return f"{metric.removesuffix('_null_pct')} without a value"
    return {"quarantined": "Rows in quarantine"}.get(metric, metric.replace("_", " "))


def _told(value: float, metric: str) -> str:
    return f"{value:,.3g} %" if metric.endswith(_PERCENT) else f"{value:,.0f}"
