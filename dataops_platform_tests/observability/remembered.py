"""This file holds what a platform remembers of one table, written by hand: its journal, its numbers, its incidents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pandera.pandas as pandera

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.measurement import Measurement
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Entry, Instruction
from dataops_platform.observability import incidents, metrics
from dataops_platform.observability.day_states import Window
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.observability.quality_report import QualityReport, TableQuality, quality_report
from dataops_platform.observability.signs import Sign
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.lake import DeltaLake

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def day(number: int) -> date:
    return date(2026, 3, number)


def orders(**promises: Any) -> Table:
    told = {"name": "orders", "description": "One row for each order.", "owner": "team:sales"} | promises
    columns = {"order_id": pandera.Column(str, nullable=False), "city": pandera.Column(str, nullable=True)}
    return Table(TableContract(key=("order_id",), columns=columns, **told), lambda rows: rows)


@dataclass
class Remembered:
    """A lake that remembers, and holds no row of data."""

    lake: DeltaLake
    table: Table
    now: datetime = NOON
    _later: count[int] = field(default_factory=count)

    @property
    def platform(self) -> Platform:
        store = FolderStore(Path(self.lake.url))
        journal = DeltaJournal(self.lake)
        engine: Any = None  # nothing is computed
        return Platform((self.table,), engine, self.lake, store, store, journal, day(1))

    def judged(self, *numbers: int, held: int = 0, message: str = "", rows: int = 100) -> None:
        """These dates of March have landed and were judged; refused where there is a message."""
        name = self.table.name
        at = NOON + timedelta(microseconds=next(self._later))
        entries = [
            Entry(
                name,
                layer,
                day(n),
                "x",
                "v1",
                layer == "bronze" or not message,
                rows,
                held,
                message,
                "r",
                at,
            )
            for n in numbers
            for layer in ("bronze", "silver")
        ]
        self.platform.journal.record(entries)

    def released(self, number: int) -> None:
        """Somebody answers for the date as it is."""
        told = Instruction("release", self.table.name, day(number), "x", "v1", "ann", "is fine", NOON)
        self.platform.journal.instruct([told])

    def measured(self, metric: str, values: dict[date, float]) -> None:
        """The numbers of these dates, as measured now."""
        name, at = self.table.name, self.now
        found = [Measurement(name, "silver", on, metric, value, "r", at) for on, value in values.items()]
        metrics.record(self.lake, found)

    def incident(self, *kinds: str, table: str = "orders", after: timedelta = timedelta(0)) -> None:
        """Somebody has looked, and this was wrong."""
        now = self.now + after
        found = [Sign(kind, table, (day(8),), f"{table} {kind}.", "The source.", self.now) for kind in kinds]
        incidents.record(self.lake, incidents.advanced(incidents.history(self.lake), found, {}, now))

    def report(self, first: int = 1, last: int = 9) -> QualityReport:
        """The report of these days of March."""
        window = Window(day(first), day(last))
        platform = self.platform
        return quality_report(platform, window, self.now, environment="test", tables=platform.tables)

    def quality(self, first: int = 1, last: int = 9) -> TableQuality:
        """What it says of the one table."""
        [found] = self.report(first, last).tables
        return found
