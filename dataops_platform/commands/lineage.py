"""This file holds `dataops lineage`: where columns come from, and what depends on them, as a tree or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from dataops_platform.catalog.ancestry import Ancestry, Ways, ancestry, influences
from dataops_platform.catalog.lineage_graph import Dependents, LineageGraph
from dataops_platform.core.contract import Table
from dataops_platform.core.lineage import TableLineage
from dataops_platform.layers.recipes import recipes
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables


def run(console: Console, name: str, *, downstream: bool, as_json: bool) -> int:
    """The console shows what the table or column comes from, or what depends on it.

    Raises:
        NoSuchColumn: there is no such table or column.
    """
    tables = load_tables()
    graph, asked = LineageGraph(recipes(tables), SparkPlans), _full_name(name, tables)
    if downstream:
        found = graph.downstream_of(asked)
        told, tree = _dependents_json(asked, found), _dependents_tree(asked, found)
    else:
        told, tree = _upstream(graph, asked)
    if as_json:
        print(json.dumps(told, indent=2))  # noqa: T201  # to be piped: a console would wrap it
    else:
        console.print(tree)
    return 0


def _full_name(name: str, tables: Sequence[Table]) -> str:
    """A table's name alone stands for its last layer."""
    asset, dot, column = name.partition(".")
    last = {table.name: f"{table.layer}/{table.name}" for table in tables}
    return f"{last.get(asset, asset)}{dot}{column}"


def _upstream(graph: LineageGraph, name: str) -> tuple[dict[str, Any], Tree]:
    asset = name.partition(".")[0]
    columns = [ancestry(graph, one) for one in graph.columns_named(name)]
    table = TableLineage(asset, (), {}) if asset in graph.landed else graph.table(asset)
    told = {
        "asset": asset,
        "sources": list(table.sources),
        "columns": [one.as_json for one in columns],
        "rows": {
            "chosen_by": {one: list(ways) for one, ways in influences(table.rows).items()},
            "unknown": sorted(table.rows.unknown),
        },
    }
    tree = Tree(Text(asset, style="bold"))
    for one in columns:
        _add(tree, one)
    if asset in graph.landed:
        tree.add(Text("lands in files: nothing comes before it", style="dim"))
    rows = _branch(tree, f"which rows there are in {asset} is decided by", _lines(influences(table.rows)))
    _unknown(rows or tree, sorted(table.rows.unknown))
    return told, tree


def _add(tree: Tree, column: Ancestry) -> None:
    """A column, what it is made of below it, and below the first what chooses among its values."""
    told = Text(column.column)
    told.append(f"  {', '.join(column.ways)}" if column.ways else "", style="dim")
    node = tree.add(told)
    for one in column.made_of:
        _add(node, one)
    if not column.ways:
        made_of = {one.column for one in column.made_of}
        others = {name: how for name, how in column.chosen_by.items() if name not in made_of}
        _branch(node, "chosen by", _lines(others))
    _unknown(node, column.unknown)


def _lines(ways: Ways) -> list[str]:
    return [f"{name}  {', '.join(how)}" for name, how in ways.items()]


def _branch(tree: Tree, title: str, lines: Iterable[str]) -> Tree | None:
    found = list(lines)
    if not found:
        return None
    branch = tree.add(Text(title, style="dim"))
    for line in found:
        branch.add(Text(line))
    return branch


def _unknown(tree: Tree, reasons: Iterable[str]) -> None:
    for reason in reasons:
        tree.add(Text(f"unknown: {reason}", style="yellow"))


def _dependents_json(name: str, found: Dependents) -> Mapping[str, Any]:
    return {
        "name": name,
        "made_of_it": list(found.values),
        "chosen_by_it": list(found.influences),
        "rows_decided_by_it": list(found.rows),
        "tables": list(found.tables),
        "unknown": list(found.unknown),
    }


def _dependents_tree(name: str, found: Dependents) -> Tree:
    tree = Tree(Text(name, style="bold"))
    if not found.tables:
        tree.add(Text("nothing depends on it"))
    _branch(tree, "columns made of it", found.values)
    _branch(tree, "columns that it chooses among the values of", found.influences)
    _branch(tree, "tables whose rows it decides, so every column of theirs", found.rows)
    _branch(tree, "columns of which something cannot be read", found.unknown)
    _branch(tree, "tables that break without it", found.tables)
    return tree
