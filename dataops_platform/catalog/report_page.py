"""This room's report page: the quality report as one HTML file that needs nothing else, and runs no script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files

from markupsafe import Markup

from dataops_platform.catalog.page_table import slug
from dataops_platform.catalog.pictures import DAY, Chart, Mark, strip, value_chart
from dataops_platform.catalog.templates import templates
from dataops_platform.catalog.trend_pictures import HEIGHT, TrendPicture, trend_picture
from dataops_platform.core.contract import Table
from dataops_platform.observability.day_states import STATES, WORDS, DayState, Window
from dataops_platform.observability.quality_report import QualityReport, TableQuality
from dataops_platform.observability.report_words import headline
from dataops_platform.observability.trends import Broken, is_flat
from dataops_platform.quality.meaning import meaning

_STYLES = ("style.css", "report.css")
#: Days of a table that are told one by one, the newest; the JSON beside the page has all of them.
_MOST_DAYS = 12
_MOST_BROKEN = 12
_TOLD_BY_DAY = ("refused", "late", "missing", "waiting")


@dataclass(frozen=True)
class ReportedTable:
    """One table, as the page asks about it."""

    quality: TableQuality
    window: Window

    @property
    def name(self) -> str:
        """`<layer>/<name>`."""
        return f"{self.quality.layer}/{self.quality.table}"

    @property
    def place(self) -> str:
        """Where on the page it is."""
        return slug(self.name)

    @cached_property
    def strip(self) -> list[Mark]:
        """Its days as marks."""
        told = {day.day: str(day.state) for day in self.quality.days}
        return strip(told, self.window.last, self.window.days)

    @property
    def tips(self) -> list[tuple[int, str]]:
        """Of each day that was not published where it stands in the strip, and what is told of it."""
        return [
            ((day.day - self.window.first).days * DAY, f"{day.day}: {_told(day)}")
            for day in self.quality.days
            if day.state in _TOLD_BY_DAY
        ]

    @property
    def told(self) -> str:
        """What the strip shows in words, for who does not see it."""
        counts = ((state, self.quality.count(state)) for state in STATES)
        words = (f"{count} {WORDS[state]}" for state, count in counts if count)
        return "; ".join(words) or "no date was judged"

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to tell of it but that its dates were published."""
        return not (self.quality.needs_people or self.days or self.quality.unusual)

    @cached_property
    def days(self) -> list[DayState]:
        """Its dates that are not simply published, and those that somebody released, newest first."""
        told = [day for day in self.quality.days if day.state in _TOLD_BY_DAY or day.answered_by]
        return told[::-1]

    @cached_property
    def shown_days(self) -> list[DayState]:
        """Those of them that are told one by one."""
        return self.days[:_MOST_DAYS]

    @cached_property
    def pictures(self) -> list[TrendPicture]:
        """Its trends; of numbers that were always zero nothing is to be seen."""
        return [trend_picture(one, self.window) for one in self.quality.trends if not is_flat(one)]


def report_page(report: QualityReport, tables: Sequence[Table]) -> bytes:
    """The page: every style in it, no script, and a policy that allows nothing else."""
    style = Markup("\n".join(_style(name) for name in _STYLES))  # noqa: S704  # our own files
    declared = {table.name: table for table in tables}
    shown = [ReportedTable(one, report.window) for one in report.tables]
    page = templates().get_template("report.html")
    return page.render(
        report=report,
        headline=headline(report),
        tables=sorted(shown, key=lambda one: (one.is_plain, not one.quality.needs_people, one.name)),
        owners={one.table: one.owner for one in report.tables},
        broken=_most_broken(report, declared),
        growth=_growth(report),
        answered=[one for table in report.tables for one in table.answered],
        style=style,
        policy=f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}",
        words=WORDS,
        legend=list(_legend()),
        height=HEIGHT,
        day_width=DAY,
    ).encode()


def _style(name: str) -> str:
    return files("dataops_platform.catalog").joinpath("site", name).read_text(encoding="utf-8")


def _told(day: DayState) -> str:
    return f"{WORDS[day.state]}, {day.rows:,} rows" if day.rows else WORDS[day.state]


def _legend() -> Iterator[tuple[str, str, Mark]]:
    """Each state, what it says, and its mark in a strip of one day."""
    for state, text in [*WORDS.items(), ("none", "nothing was expected")]:
        [mark] = strip({date.min: str(state)}, date.min, 1)
        yield state, text, mark


def _most_broken(report: QualityReport, declared: Mapping[str, Table]) -> list[tuple[str, Broken, str]]:
    """The checks that most rows broke: table, counts, and what the check asks."""
    found = [(table.table, one) for table in report.tables for one in table.broken]
    found.sort(key=lambda pair: -pair[1].rows)
    return [(name, one, _meaning(declared.get(name), one.check)) for name, one in found[:_MOST_BROKEN]]


def _meaning(table: Table | None, check: str) -> str:
    """Empty of a check that an older contract had."""
    if table is None or check not in {*table.contract.checks, *table.reconciled}:
        return ""
    return meaning(check, table)


def _growth(report: QualityReport) -> Chart | None:
    """Rows in quarantine by ingestion date, of all tables together."""
    rows: dict[date, float] = dict.fromkeys(report.window.dates(), 0)
    for table in report.tables:
        for day in table.days:
            rows[day.day] += day.quarantined
    return value_chart("Rows in quarantine by ingestion date", rows)
