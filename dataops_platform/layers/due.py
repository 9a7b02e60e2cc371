"""This room's work list: which partitions are due, by comparing what they were made from with what is there now.

A partition is due when the fingerprint of its inputs is not the one in the journal. That one rule covers new, late
and overwritten files, crashes between steps, and histories that were lost or purged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import JournalState
from dataops_platform.landing.raw_zone import RawListing

_LONGEST_TAG = 255
#: In the order of the flow; quarantine is filled with silver.
LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class Due:
    """Dates to load, by source table; and as-of dates to build, by gold table."""

    sources: Mapping[str, list[date]] = field(default_factory=dict)
    products: Mapping[str, list[date]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sources or self.products)

    @property
    def dates(self) -> list[date]:
        """Every date on which anything is due."""
        lists = (*self.sources.values(), *self.products.values())
        return sorted({day for dates in lists for day in dates})

    def within(self, first: date, last: date) -> Due:
        """What is due of these dates."""

        def kept(lists: Mapping[str, list[date]]) -> dict[str, list[date]]:
            found = {name: [day for day in dates if first <= day <= last] for name, dates in lists.items()}
            return {name: dates for name, dates in found.items() if dates}

        return Due(kept(self.sources), kept(self.products))

    @property
    def told(self) -> str:
        """The work in a few words, and before them its identity: a tag people can read."""
        names = sorted({*self.sources, *self.products})
        return f"{self.identity[:8]}: {len(self.dates)} dates of {', '.join(names)}"[:_LONGEST_TAG]

    @property
    def identity(self) -> str:
        """Equal for equal work: lets a sensor see that the same work was tried before."""
        told = repr((sorted(self.sources.items()), sorted(self.products.items())))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def due(platform: Platform, listing: RawListing, layers: Sequence[str] = LAYERS) -> Due:
    """All that is due now in these layers, given what the raw zone holds."""
    state = platform.journal.state()
    sources = {
        table.name: sorted(
            {
                *(due_for_bronze(state, table, listing) if "bronze" in layers else ()),
                *(due_for_silver(state, table) if "silver" in layers else ()),
            }
        )
        for table in platform.sources
    }
    products = {table.name: due_for_gold(state, table) for table in platform.products if "gold" in layers}
    return Due(
        {name: dates for name, dates in sources.items() if dates},
        {name: dates for name, dates in products.items() if dates},
    )


def due_for_bronze(state: JournalState, table: Table, listing: RawListing) -> list[date]:
    """Dates whose raw objects are not those bronze was loaded from."""
    loaded = state.of("bronze", table.name)
    return [
        day
        for day in listing.dates(table.name)
        if day not in loaded or loaded[day].inputs != listing.fingerprint(table.name, day)
    ]


def due_for_silver(state: JournalState, table: Table) -> list[date]:
    """Dates whose bronze rows, or what was said of them, are not what silver was judged from."""
    wanted, judged = silver_inputs(state, table), state.of("silver", table.name)
    return sorted(day for day in wanted if day not in judged or judged[day].inputs != wanted[day])


def silver_inputs(state: JournalState, table: Table) -> dict[date, str]:
    """Each loaded date → fingerprint of all that silver is judged from.

    That is what landed, what somebody said of it, and what was published of the tables that its rows refer to.
    """
    loaded = state.of("bronze", table.name)
    known = _published(state, [rule.table for rule in table.contract.references], until=sorted(loaded))
    told = {}
    for day, entry in loaded.items():
        told[day] = f"{entry.inputs}{_said(state, table, day)}{f'+known {known[day]}' if known else ''}"
    return told


def _said(state: JournalState, table: Table, day: date) -> str:
    release, rows, replay = (
        state.instruction(kind, table.name, day) for kind in ("release", "release_rows", "replay")
    )
    said = "+release" if release else ""
    if rows:
        said += f"+rows {hashlib.sha256(repr(sorted(rows.rows)).encode()).hexdigest()[:16]}"
    # Not by the contract's version: one that came back after another is to be judged by once more.
    return f"{said}+replay of {replay.at}" if replay else said


def due_for_gold(state: JournalState, table: Table) -> list[date]:
    """As-of dates whose snapshot is missing, or was made from other silver rows than there are now."""
    built, inputs = state.of("gold", table.name), product_inputs(state, table)
    return [day for day in inputs if day not in built or built[day].inputs != inputs[day]]


def product_inputs(state: JournalState, table: Table) -> dict[date, str]:
    """Each date on which a source was published → fingerprint of all that was published up to and including it."""
    dates = {day for layer, source, day in state.published if layer == "silver" and source in table.sources}
    return _published(state, table.sources, until=sorted(dates), of=table.contract.version)


def _published(
    state: JournalState, sources: Sequence[str], *, until: Sequence[date], of: str = ""
) -> dict[date, str]:
    """Each of these dates → fingerprint of what silver of the sources held up to and including it."""
    if not sources:
        return {}
    published: dict[date, list[str]] = {day: [] for day in until}
    for (layer, source, day), entry in state.published.items():
        if layer == "silver" and source in sources:
            published.setdefault(day, []).append(f"{source} {entry.inputs} {entry.contract_version}")
    so_far = hashlib.sha256(of.encode())
    inputs = {}
    for day in sorted(published):
        if published[day]:
            so_far.update(f"{day} {sorted(published[day])}".encode())
        inputs[day] = so_far.hexdigest()[:16]
    return {day: inputs[day] for day in until}
