"""This room's report in words: what terminals, pipelines and the daily message say of a quality report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from dataops_platform.observability.day_states import State
from dataops_platform.observability.quality_report import QualityReport, TableQuality

_SHOWN = 3
_STATES: tuple[tuple[State, str], ...] = (
    ("refused", "refused"),
    ("late", "late"),
    ("missing", "missing"),
    ("waiting", "not judged yet"),
)


def headline(report: QualityReport) -> str:
    """The report in a line: how many tables, and what people are needed for."""
    needing = [table for table in report.tables if table.needs_people]
    told = [
        some(len(needing), "table needs", "tables need") + " people" if needing else "",
        *(
            f"{some(found, 'date', 'dates')} {word}"
            for state, word in _STATES
            if (found := report.count(state))
        ),
        some(len(report.open_incidents), "open incident", "open incidents") if report.open_incidents else "",
    ]
    return ", ".join(filter(None, told)) or "nothing needs anybody"


def needs(report: QualityReport) -> list[str]:
    """A line for each table that people are needed for, or that something was unusual of."""
    return [
        f"{table.table} ({table.owner}): {'; '.join(told)}"
        for table in report.tables
        if (told := list(_told(table)))
    ]


def _told(table: TableQuality) -> Iterator[str]:
    if table.is_late:
        yield f"late, the last date is {table.last}" if table.last else "late, nothing was ever published"
    for state, word in _STATES:
        dates = [day.day for day in table.days if day.state == state]
        if dates and not (state == "late" and table.is_late):
            yield f"{word} {some_dates(dates)}"
    for trend in table.trends:
        if trend.unusual:
            yield f"{trend.metric} unusual on {some_dates(list(trend.unusual))}"


def some_dates(dates: Sequence[date]) -> str:
    """The newest of the dates, and how many there are."""
    shown = ", ".join(map(str, dates[-_SHOWN:]))
    return f"{shown} and {len(dates) - _SHOWN} earlier" if len(dates) > _SHOWN else shown


def some(count: int, one: str, many: str) -> str:
    """So many of something, in the right number."""
    return f"{count:,} {one if count == 1 else many}"
