"""This room's freshness: which ingestion dates of a table are there, and which of those expected are not.

All of it is about ingestion dates, never about when something ran: an old date that is loaded today does not make a
stale table fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dataops_platform.core.arrivals import age
from dataops_platform.core.contract import TableContract
from dataops_platform.core.inputs import silver_inputs
from dataops_platform.core.ports import Entry, JournalState

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class TableStatus:
    """How far a table is.

    Attributes:
        last: its newest published ingestion date; None where nothing was ever published.
        lag: how long ago that date began.
        late: expected dates after `last` that are overdue by the contract's `freshness`.
        missing: expected dates before `last` of which nothing has landed.
        refused: dates that stand refused, whatever was published of them before.
        unpublished: dates that have landed and are in neither silver nor quarantine yet.
        empty: published dates whose files held no row.
        quarantined: rows of all dates that are in quarantine.
        is_late: whether a date is late; of a table without a calendar, whether its last date is too old.
    """

    table: str
    owner: str
    last: date | None
    lag: timedelta | None
    late: tuple[date, ...]
    missing: tuple[date, ...]
    refused: tuple[date, ...]
    unpublished: tuple[date, ...]
    empty: tuple[date, ...]
    quarantined: int
    is_late: bool

    @property
    def needs_people(self) -> bool:
        """Whether the table is late or a date of it is refused."""
        return self.is_late or bool(self.refused)


def table_status(contract: TableContract, state: JournalState, now: datetime) -> TableStatus:
    """How far a source table is, by what the journal says."""
    landed, judged = state.of("bronze", contract.name), state.of("silver", contract.name)
    published = _published(state, contract.name, now)
    last = max(published, default=None)
    lag = None if last is None else age(last, now)
    late = _late(contract, landed, last, now)
    first = min([*landed, *judged], default=None)
    known = {*landed, *judged}
    expected = contract.arrivals.expected(first, last) if first is not None and last is not None else ()
    wanted = silver_inputs(state, contract)
    too_old = lag is not None and not contract.arrivals.weekdays and lag > contract.freshness
    return TableStatus(
        table=contract.name,
        owner=contract.owner,
        last=last,
        lag=lag,
        late=late,
        missing=tuple(day for day in expected if day not in known),
        refused=tuple(sorted(day for day, entry in judged.items() if not entry.accepted)),
        unpublished=tuple(
            sorted(day for day, want in wanted.items() if day not in judged or judged[day].inputs != want)
        ),
        empty=tuple(sorted(day for day, entry in published.items() if entry.rows == 0)),
        quarantined=sum(entry.quarantined for entry in judged.values()),
        is_late=bool(late) or too_old,
    )


def _published(state: JournalState, table: str, now: datetime) -> dict[date, Entry]:
    found = state.published_of("silver", table)
    return {day: entry for day, entry in found.items() if day <= now.date()}


def _late(
    contract: TableContract, landed: dict[date, Entry], last: date | None, now: datetime
) -> tuple[date, ...]:
    """Expected dates after the last published one, once the date before them is older than `freshness`."""
    began = last if last is not None else min(landed, default=None)
    if began is None:
        return ()
    after = contract.arrivals.expected(began + _DAY if last is not None else began, now.date())
    return tuple(day for day in after if age(day - _DAY, now) > contract.freshness)
