"""This room's ancestry: a column, the columns it is made of, those they are made of, and so on to what landed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.core.lineage import Edge, Origin

Ways = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Ancestry:
    """One column, with all that it comes from.

    Attributes:
        ways: how the one it is told for is made of it; none of the first.
        made_of: columns its values are made of.
        chosen_by: columns that only choose among them → in which ways.
        unknown: what could not be read, in words.
    """

    column: str
    ways: tuple[str, ...]
    made_of: tuple[Ancestry, ...]
    chosen_by: Ways
    unknown: tuple[str, ...]

    @property
    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "column": self.column,
            "ways": list(self.ways),
            "made_of": [one.as_json for one in self.made_of],
            "chosen_by": {name: list(ways) for name, ways in self.chosen_by.items()},
            "unknown": list(self.unknown),
        }


def ancestry(graph: LineageGraph, column: str, ways: tuple[str, ...] = ()) -> Ancestry:
    """The ancestry of the column of that full name.

    Raises:
        NoSuchColumn: there is no such table or column.
    """
    is_landed = column.partition(".")[0] in graph.landed
    origin = Origin() if is_landed else graph.column(column)
    values = _ways(edge for edge in origin.edges if edge.how.is_value)
    return Ancestry(
        column,
        ways,
        tuple(ancestry(graph, source, how) for source, how in values.items()),
        influences(origin),
        tuple(sorted(origin.unknown)),
    )


def influences(origin: Origin) -> Ways:
    """The columns that only choose, each with its ways."""
    return _ways(edge for edge in origin.edges if not edge.how.is_value)


def _ways(edges: Iterable[Edge]) -> Ways:
    found: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        found[edge.column].add(edge.how.value)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}
