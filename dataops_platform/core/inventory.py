"""This room's inventory: what can be said of any table of the lake from its Delta log, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from dataops_platform.core.ports import PartitionFacts


@dataclass(frozen=True)
class ColumnFacts:
    """A column as the table has it; its type in Spark's words, e.g. `decimal(18,2)`."""

    name: str
    type: str
    is_nullable: bool = True
    comment: str = ""


@dataclass(frozen=True)
class Write:
    """One commit of a table.

    Attributes:
        operation: what was done, in Delta's words, e.g. `WRITE`.
        metrics: its numbers, by the writer's names.
    """

    version: int
    at: datetime
    operation: str
    metrics: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """A few rows: the values of the columns that were asked for, and of no others.

    Attributes:
        problem: why there are none although the table holds rows, or empty.
    """

    rows: Sequence[Mapping[str, Any]] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """A table as its Delta log describes it.

    Attributes:
        rows: None where a file was written without statistics, or with deletion vectors.
        dates: facts of each ingestion date; None where the table is not partitioned by it.
        properties: of the table; of those that are not Delta's own, only the names.
        writes: the last commits, newest first.
    """

    columns: Sequence[ColumnFacts]
    comment: str
    created_at: datetime | None
    altered_at: datetime | None
    version: int
    rows: int | None
    files: int
    bytes: int
    partitioned_by: Sequence[str]
    dates: Mapping[date, PartitionFacts] | None
    properties: Mapping[str, str]
    writes: Sequence[Write]
    sample: Sample


class Inventory(Protocol):
    """The lake as a crawler sees it: folders, some of which hold a table."""

    url: str

    def tables(self) -> list[str]:
        """Every folder that may hold a table: `<layer>/<name>`."""

    def look(
        self, table: str, *, sampled: Callable[[Sequence[str]], Sequence[str]], rows: int = 5
    ) -> TableFacts:
        """What the table's Delta log says, and some rows of it, those of its newest ingestion date first.

        Only the columns that `sampled` picks of the table's columns are read from its files.

        Raises:
            TableUnreadable: there is no table there (any more), or its log is damaged.
        """

    def reasons(self, table: str, dates: Sequence[date]) -> Mapping[date, Mapping[str, int]]:
        """How many rows of a quarantine table are held for each reason, by ingestion date.

        Raises:
            TableUnreadable: it cannot be read, or says no reasons.
        """
