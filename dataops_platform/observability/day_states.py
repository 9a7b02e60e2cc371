"""This room's day states: what became of each ingestion date of a table, and of those that nothing came of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from dataops_platform.core.contract import Table
from dataops_platform.core.ports import Entry, JournalState
from dataops_platform.observability.freshness import TableStatus, table_status

State = Literal["published", "held", "refused", "waiting", "missing", "late"]
STATES: tuple[State, ...] = ("published", "held", "refused", "waiting", "missing", "late")
#: What each state says to people.
WORDS: Mapping[State, str] = {
    "published": "published",
    "held": "published, some rows in quarantine",
    "refused": "refused",
    "waiting": "landed, not judged yet",
    "missing": "missing",
    "late": "late",
}


@dataclass(frozen=True)
class Window:
    """The ingestion dates that are asked about, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """How many dates these are."""
        return (self.last - self.first).days + 1

    def dates(self) -> list[date]:
        """Each of the dates."""
        return [self.first + timedelta(days=number) for number in range(self.days)]


@dataclass(frozen=True)
class DayState:
    """What became of one ingestion date.

    Attributes:
        state: `held` where it was published and some of its rows are in quarantine; `missing` where nothing came
            although it was expected and later dates are there; `late` where it is overdue.
        rows: rows judged; `quarantined`, those of them that are in quarantine.
        message: why it was refused, or empty.
        answered_by: who released it from a refusal and why, or empty.
    """

    day: date
    state: State
    rows: int = 0
    quarantined: int = 0
    message: str = ""
    answered_by: str = ""


def day_states(table: Table, journal: JournalState, window: Window, now: datetime) -> tuple[DayState, ...]:
    """Each date of the window that something came of, or should have; a date that nothing was expected on has none."""
    found = {
        day: _judged(journal, entry)
        for day, entry in journal.of(table.layer, table.name).items()
        if day in window
    }
    if not table.is_gold:
        for day, state in _without_verdict(table_status(table.contract, journal, now)).items():
            if day in window:
                found.setdefault(day, DayState(day, state))
    return tuple(found[day] for day in sorted(found))


def _judged(journal: JournalState, entry: Entry) -> DayState:
    day = entry.ingestion_date
    if not entry.accepted:
        return DayState(day, "refused", entry.rows, entry.quarantined, entry.message)
    said = journal.instruction("release", entry.table, day) if entry.layer == "silver" else None
    answer = f"released by {said.by}: {said.reason}" if said else ""
    state: State = "held" if entry.quarantined else "published"
    return DayState(day, state, entry.rows, entry.quarantined, answered_by=answer)


def _without_verdict(status: TableStatus) -> dict[date, State]:
    return {
        **dict.fromkeys(status.late, "late"),
        **dict.fromkeys(status.missing, "missing"),
        **dict.fromkeys(status.unpublished, "waiting"),
    }
