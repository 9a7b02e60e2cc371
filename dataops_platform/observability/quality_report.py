"""This room's quality report: how the tables of a lake have been in a stretch of days, from what is remembered.

It asks the journal, the metrics and the incidents alone: no table is scanned, and there is no row value in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import JournalState
from dataops_platform.observability.day_states import DayState, State, Window, day_states
from dataops_platform.observability.freshness import table_status
from dataops_platform.observability.incidents import EXPLAINED, RECOVERED, Incident, history
from dataops_platform.observability.metrics import latest
from dataops_platform.observability.trends import Broken, Trend, broken, looks_back, trends


@dataclass(frozen=True)
class Answered:
    """A check that does not refuse, or a date that was released: who answers for it.

    Attributes:
        what: the check, or the ingestion date.
        until: the last ingestion date it holds for; None of a release.
    """

    table: str
    what: str
    by: str
    reason: str
    until: date | None
    is_in_force: bool


@dataclass(frozen=True)
class Trouble:
    """An incident as of the report.

    Attributes:
        is_over: whether it has ended; `at`, when it came into its last state.
        run_id: the run it was seen in; empty where none was.
    """

    table: str
    kinds: tuple[str, ...]
    dates: tuple[date, ...]
    what: str
    cause: str
    affects: tuple[str, ...]
    since: datetime
    at: datetime
    is_over: bool
    run_id: str = ""


@dataclass(frozen=True)
class TableQuality:
    """How one table has been.

    Attributes:
        layer: `silver` or `gold`.
        days: the dates that something came of, or should have.
        last: its newest published ingestion date, however long ago.
        is_late: whether it is late as of the report.
    """

    table: str
    layer: str
    owner: str
    description: str
    days: tuple[DayState, ...]
    last: date | None
    is_late: bool
    trends: tuple[Trend, ...]
    broken: tuple[Broken, ...]
    answered: tuple[Answered, ...]

    def count(self, *states: State) -> int:
        """How many dates of the window are in one of these states."""
        return sum(day.state in states for day in self.days)

    @property
    def rows(self) -> int:
        """Rows judged in the window."""
        return sum(day.rows for day in self.days)

    @property
    def quarantined(self) -> int:
        """Those of them that are in quarantine."""
        return sum(day.quarantined for day in self.days)

    @property
    def unusual(self) -> int:
        """How many numbers of the window were unusual."""
        return sum(len(trend.unusual) for trend in self.trends)

    @property
    def needs_people(self) -> bool:
        """Whether it is late, or a date of the window stands refused."""
        return self.is_late or self.count("refused") > 0


@dataclass(frozen=True)
class QualityReport:
    """How the tables have been from the first to the last date of the window, as of `at`.

    Attributes:
        incidents: those that were open in the window or are about a date of it, the newest first.
    """

    at: datetime
    environment: str
    lake: str
    window: Window
    tables: tuple[TableQuality, ...]
    incidents: tuple[Trouble, ...]

    @property
    def open_incidents(self) -> tuple[Trouble, ...]:
        """Those that are not over."""
        return tuple(one for one in self.incidents if not one.is_over)

    @property
    def needs_people(self) -> bool:
        """Whether a table is late, a date stands refused, or an incident is open."""
        return bool(self.open_incidents) or any(table.needs_people for table in self.tables)

    def count(self, *states: State) -> int:
        """How many dates of all tables are in one of these states."""
        return sum(table.count(*states) for table in self.tables)


def quality_report(
    platform: Platform, window: Window, now: datetime, *, environment: str, tables: Sequence[Table]
) -> QualityReport:
    """How these tables of the platform have been in the window, as of `now`."""
    journal = platform.journal.state()
    numbers = latest(platform.lake, since=looks_back(window))
    numbers = numbers[numbers["layer"] != "bronze"]
    drawn, counted = trends(numbers, tables, window), broken(numbers, window)
    names = {table.name for table in tables}
    return QualityReport(
        at=now,
        environment=environment,
        lake=platform.lake.url,
        window=window,
        tables=tuple(
            _quality(table, journal, window, now, (drawn.get(table.name, ()), counted.get(table.name, ())))
            for table in tables
        ),
        incidents=tuple(_incidents(platform, names, window, now)),
    )


def _quality(
    table: Table,
    journal: JournalState,
    window: Window,
    now: datetime,
    numbers: tuple[tuple[Trend, ...], tuple[Broken, ...]],
) -> TableQuality:
    contract = table.contract
    published = journal.published_of(table.layer, table.name)
    return TableQuality(
        table=table.name,
        layer=table.layer,
        owner=contract.owner,
        description=contract.description,
        days=day_states(table, journal, window, now),
        last=max((day for day in published if day <= now.date()), default=None),
        is_late=not table.is_gold and table_status(contract, journal, now).is_late,
        trends=numbers[0],
        broken=numbers[1],
        answered=(*_waivers(table, window), *_releases(table, journal, window)),
    )


def _waivers(table: Table, window: Window) -> list[Answered]:
    """Those in force on a date of the window, and those that ended in it."""
    return [
        Answered(table.name, one.check, one.owner, one.reason, one.until, one.until >= window.last)
        for one in table.contract.waivers
        if one.until >= window.first
    ]


def _releases(table: Table, journal: JournalState, window: Window) -> list[Answered]:
    return [
        Answered(table.name, str(day), one.by, one.reason, None, journal.instruction(kind, name, day) is one)
        for (kind, name, day), one in journal.instructions.items()
        if name == table.name and day in window and kind in {"release", "release_rows"}
    ]


def _incidents(platform: Platform, tables: set[str], window: Window, now: datetime) -> list[Trouble]:
    """What was open in the window, or concerns a date of it; of each incident what it is by now."""
    last = {one.incident: one for one in history(platform.lake)}
    shown = [one for one in last.values() if one.state != EXPLAINED and _concerns(one, window, now)]
    # What no table is, e.g. a sensor that fails, concerns whoever asks of any table.
    known = {table.name for table in platform.tables}
    own = [one for one in shown if one.table in tables or one.table not in known]
    return [_trouble(one) for one in sorted(own, key=lambda one: (one.is_over, -one.since.timestamp()))]


def _concerns(one: Incident, window: Window, now: datetime) -> bool:
    if any(day in window for day in one.dates):
        return True
    return one.since <= now and not (one.state == RECOVERED and one.at.date() < window.first)


def _trouble(one: Incident) -> Trouble:
    return Trouble(
        table=one.table,
        kinds=one.kinds,
        dates=one.dates,
        what=one.what,
        cause=one.cause,
        affects=one.affects,
        since=one.since,
        at=one.at,
        is_over=one.is_over,
        run_id=one.run_id,
    )


def document(report: QualityReport) -> Mapping[str, Any]:
    """The report for programs; `format` changes when, and only when, a reader of it has to."""
    return {
        "format": 1,
        "at": report.at,
        "environment": report.environment,
        "lake": report.lake,
        "window": report.window,
        "needs_people": report.needs_people,
        "tables": [
            {
                **vars(table),
                "needs_people": table.needs_people,
                "rows": table.rows,
                "quarantined": table.quarantined,
            }
            for table in report.tables
        ],
        "incidents": report.incidents,
    }
