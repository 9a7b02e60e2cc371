"""This room's lineage: which columns a column comes from, and the recipes that this is read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from pyspark.sql import DataFrame


class How(StrEnum):
    """In which way one column decides another."""

    IDENTITY = "identity"
    TRANSFORMATION = "transformation"
    AGGREGATION = "aggregation"
    CONDITIONAL = "conditional"
    WINDOW = "window"
    JOIN = "join"
    FILTER = "filter"
    GROUP_BY = "group_by"
    SORT = "sort"
    UNKNOWN = "unknown"

    #: Whether values are made of values; else they are only chosen by them: an influence.
    is_value: bool

    def __init__(self, way: str) -> None:
        """Worked out once: a wide table's plan asks it millions of times."""
        self.is_value = way in {"identity", "transformation", "aggregation"}

    __hash__ = str.__hash__  # an Enum's own is in Python, and ten times as slow


class Edge(NamedTuple):
    """One column that decides another.

    Attributes:
        column: its full name, e.g. `silver/transactions.amount`.
    """

    column: str
    how: How


@dataclass(frozen=True)
class Origin:
    """What a column comes from, one asset back.

    Attributes:
        unknown: in words, what of it could not be read; a column that may take part all the same has an edge that
            says so.
    """

    edges: frozenset[Edge] = frozenset()
    unknown: frozenset[str] = frozenset()

    @property
    def values(self) -> frozenset[str]:
        """The columns its values are made of."""
        return frozenset(edge.column for edge in self.edges if edge.how.is_value)

    @property
    def influences(self) -> frozenset[str]:
        """The columns that only choose among values: conditions, keys of joins and groups, order of windows."""
        return frozenset(edge.column for edge in self.edges if not edge.how.is_value)


@dataclass(frozen=True)
class TableLineage:
    """What the table of one asset comes from.

    Attributes:
        asset: e.g. `gold/customer_360`.
        sources: the assets it is made from.
        rows: what decides which rows there are, and so every column.
    """

    asset: str
    sources: tuple[str, ...]
    columns: Mapping[str, Origin]
    rows: Origin = field(default_factory=Origin)

    def of(self) -> Iterator[tuple[str, Origin]]:
        """Each column's full name, and its origin."""
        return ((f"{self.asset}.{name}", origin) for name, origin in self.columns.items())


@dataclass(frozen=True)
class Given:
    """A table that a recipe reads.

    Attributes:
        columns: names → types in Spark's words.
        key: the columns that no two of its rows share; empty where none are known.
        is_asset: false of what comes from no column at all, such as the dates a run is for.
    """

    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    is_asset: bool = True


#: A frame → the same rows as a frame of its own: they are computed once, however often it is used.
Keep = Callable[[DataFrame], DataFrame]
#: Frames of what is given, by name, and a way to keep frames → a frame.
Compute = Callable[[Mapping[str, DataFrame], Keep], DataFrame]


@dataclass(frozen=True)
class Part:
    """The computation of one of several assets that are taken from the same frame.

    Attributes:
        whole: computes that frame; it is the same one for all of them, so that its plan is read once.
    """

    whole: Compute
    taken: Callable[[DataFrame], DataFrame]

    def __call__(self, frames: Mapping[str, DataFrame], keep: Keep) -> DataFrame:
        """The frame of this asset."""
        return self.taken(self.whole(frames, keep))


@dataclass(frozen=True)
class Recipe:
    """How the rows of one asset are computed from those of others.

    Attributes:
        columns: the asset's columns, in order: names → types in Spark's words.
        given: what it reads, by name; assets by their key.
        compute: gives a frame with at least `columns`; None where the columns of the same name
            are taken over as they are, without Spark.
    """

    asset: str
    columns: Mapping[str, str]
    given: Mapping[str, Given]
    compute: Compute | None = None


class Plans(Protocol):
    """Makes frames that are only planned, and never computed: no server, no data."""

    def frame(self, name: str) -> DataFrame:
        """A frame that reads the table `name`."""

    def plan(self, frame: DataFrame) -> Any:
        """The frame's plan, as a `Relation` of Spark Connect."""


#: A plan → its columns' names, and their types where those are known.
ColumnsOf = Callable[[Any], Mapping[str, str | None]]
#: Makes plans whose questions about columns are answered so.
Planner = Callable[[ColumnsOf], Plans]
