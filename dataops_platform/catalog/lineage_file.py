"""This room's lineage file: the lineage of all columns, in numbers, as the pages' picture of it reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dataops_platform.core.lineage import Edge, How, Origin, TableLineage

_HOWS = tuple(How)


def lineage_file(
    lineage: Mapping[str, TableLineage], pages: Mapping[str, str], shown: Callable[[str], str]
) -> bytes:
    """A script that says `window.lineageGraph`: every table with its columns, and what those come from.

    A column is the number of its place among all columns of all tables; an edge is two numbers after each other, the
    column that decides and in which way. `pages` has the address of each table that has a page; names are told as
    `shown` has them, since a name may hold what turns writing around.
    """
    columns = _columns(lineage)
    number = {
        name: place for place, name in enumerate(f"{t}.{c}" for t, found in columns.items() for c in found)
    }
    tables = [
        {
            "name": shown(table),
            "page": pages.get(table, ""),
            "columns": [shown(column) for column in found],
            **_told(lineage[table], found, number),
        }
        if table in lineage
        else {"name": shown(table), "page": "", "columns": [shown(c) for c in found], "from": [], "rows": []}
        for table, found in columns.items()
    ]
    graph = {
        "ways": [how.value for how in _HOWS],
        "values": [how.is_value for how in _HOWS],
        "tables": tables,
    }
    return f"window.lineageGraph = {json.dumps(graph, separators=(',', ':'))};\n".encode()


def _columns(lineage: Mapping[str, TableLineage]) -> dict[str, list[str]]:
    """The columns of every table; those of what lands are the ones that are read of it."""
    found: dict[str, dict[str, None]] = {
        name: dict.fromkeys(table.columns) for name, table in lineage.items()
    }
    for table in lineage.values():
        for origin in (*table.columns.values(), table.rows):
            for edge in sorted(origin.edges):
                source, _, column = edge.column.partition(".")
                if source not in lineage:
                    found.setdefault(source, {})[column] = None
    return {name: list(columns) for name, columns in found.items()}


def _told(table: TableLineage, columns: Iterable[str], number: Mapping[str, int]) -> dict[str, Any]:
    origins = [table.columns[column] for column in columns]
    unknown = {place: _unknown(origin) for place, origin in enumerate(origins) if origin.unknown}
    told = {
        "from": [_edges(origin.edges, number) for origin in origins],
        "rows": _edges(table.rows.edges, number),
    }
    return told | ({"unknown": unknown} if unknown else {})


def _unknown(origin: Origin) -> str:
    return "; ".join(sorted(origin.unknown))


def _edges(edges: Iterable[Edge], number: Mapping[str, int]) -> list[int]:
    return [part for edge in sorted(edges) for part in (number[edge.column], _HOWS.index(edge.how))]
