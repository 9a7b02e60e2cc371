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
from dataops_platform.core.inputs import LAYERS, product_inputs, silver_inputs
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import JournalState
from dataops_platform.landing.raw_zone import RawListing

_LONGEST_TAG = 255
#: In the order of the flow; quarantine is filled with silver.


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
    wanted, judged = silver_inputs(state, table.contract), state.of("silver", table.name)
    return sorted(day for day in wanted if day not in judged or judged[day].inputs != wanted[day])


def due_for_gold(state: JournalState, table: Table) -> list[date]:
    """As-of dates whose snapshot is missing, or was made from other silver rows than there are now."""
    built, inputs = state.of("gold", table.name), product_inputs(state, table)
    return [day for day in inputs if day not in built or built[day].inputs != inputs[day]]
