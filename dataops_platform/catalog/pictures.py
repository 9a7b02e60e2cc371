"""This room's pictures: where the marks of charts and strips lie; templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

#: Units a day is wide, in strips and charts alike.
DAY = 8
_HEIGHT = 72
#: Status → how far its sign is from the left of its day, and the sign.
_SIGNS = {
    "held": (3, "8h0"),
    "refused": (1, "6l4 4m0-4l-4 4"),
    "late": (3, "4v4m0 4v0"),
    "missing": (2, "8h2"),
    "waiting": (3, "8h0"),
}


@dataclass(frozen=True)
class Mark:
    """All days of a strip with the same status: as lines, and as signs on top for who does not see the colour."""

    status: str
    lines: str
    signs: str


def strip(told: Mapping[date, str], last: date, days: int) -> list[Mark]:
    """What became of the `days` days up to `last`; `none` of a day of which nothing is told."""
    statuses = [told.get(last - timedelta(days=days - 1 - number), "none") for number in range(days)]
    lines: dict[str, str] = {}
    signs: dict[str, str] = {}
    for number, status in enumerate(statuses):
        x = number * DAY
        if number == 0 or statuses[number - 1] != status:
            run = next((end for end in range(number, days) if statuses[end] != status), days) - number
            lines[status] = f"{lines.get(status, '')}M{x} 8h{run * DAY - 2}"
        if status in _SIGNS:
            signs[status] = f"{signs.get(status, '')}M{x + _SIGNS[status][0]} {_SIGNS[status][1]}"
    return [Mark(status, line, signs.get(status, "")) for status, line in lines.items()]


@dataclass(frozen=True)
class Bar:
    """One day of a chart."""

    x: int
    y: float
    height: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Bars of a value by ingestion date, for a page without scripts.

    Attributes:
        top: the largest value, at the top of the chart.
    """

    title: str
    bars: tuple[Bar, ...]
    first: date
    last: date
    top: str

    @property
    def width(self) -> int:
        """Units from the first day's bar to the last's."""
        return ((self.last - self.first).days + 1) * DAY


def value_chart(title: str, values: Mapping[date, float]) -> Chart | None:
    """A value by date; None where there is none, or all are zero."""
    most = max(values.values(), default=0)
    if not most:
        return None
    first, last = min(values), max(values)
    bars = tuple(
        Bar(
            (day - first).days * DAY,
            _HEIGHT - (height := _HEIGHT * value / most),
            height,
            f"{day}: {value:,.4g}",
        )
        for day, value in sorted(values.items())
    )
    return Chart(title, bars, first, last, f"{most:,.4g}")
