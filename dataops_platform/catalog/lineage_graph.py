"""This room's lineage graph: the lineage of every table, and what it answers: where from, and what breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from dataops_platform.catalog.lineage import is_taken_from_the_same, lineages
from dataops_platform.core.lineage import Edge, Origin, Planner, Recipe, TableLineage
from dataops_platform.errors import NoSuchColumn


@dataclass(frozen=True)
class Dependents:
    """What depends on a table or column, directly or through others; each is in one of the three sets of columns.

    Attributes:
        values: columns whose values are made of it.
        influences: columns whose values it chooses, or may take part in where a plan could not be read.
        rows: tables, which rows of which it decides, so that every column may change.
        tables: the assets that any of these are in.
        unknown: columns among them of which something could not be read.
    """

    values: tuple[str, ...]
    influences: tuple[str, ...]
    rows: tuple[str, ...]
    tables: tuple[str, ...]
    unknown: tuple[str, ...]


class LineageGraph:
    """The lineage of every asset, read from its recipe when it is first asked for."""

    def __init__(self, recipes: Mapping[str, Recipe], planner: Planner) -> None:
        self._recipes = recipes
        self._planner = planner
        self._read: dict[str, TableLineage] = {}

    @property
    def assets(self) -> tuple[str, ...]:
        """Every asset that has a recipe."""
        return tuple(self._recipes)

    @cached_property
    def landed(self) -> Mapping[str, Iterable[str]]:
        """What is read without having a recipe of its own: what lands, with the columns that are read of it."""
        return {
            name: given.columns
            for recipe in self._recipes.values()
            for name, given in recipe.given.items()
            if given.is_asset and name not in self._recipes
        }

    def recipe(self, asset: str) -> Recipe:
        """How the asset is computed.

        Raises:
            NoSuchColumn: there is no such asset.
        """
        if asset not in self._recipes:
            raise _not_there(f"table {asset!r}", asset, (*self._recipes, *self.landed))
        return self._recipes[asset]

    def table(self, asset: str) -> TableLineage:
        """What the asset comes from, one asset back.

        Raises:
            NoSuchColumn: there is no such asset.
        """
        if asset not in self._read:
            recipe = self.recipe(asset)
            together = [one for one in self._recipes.values() if is_taken_from_the_same(one, recipe)]
            self._read |= {found.asset: found for found in lineages(together or [recipe], self._planner)}
        return self._read[asset]

    def column(self, name: str) -> Origin:
        """What the column of that full name comes from, one asset back; what decides its rows is in its table.

        Raises:
            NoSuchColumn: there is no such table, or it has no such column.
        """
        asset, _, column = name.partition(".")
        columns = self.table(asset).columns
        if column not in columns:
            raise _not_there(f"column {column!r} in {asset}", column, columns)
        return columns[column]

    def downstream_of(self, name: str) -> Dependents:
        """What would break without the column `layer/table.column`, or without the table `layer/table`.

        Raises:
            NoSuchColumn: there is no such table or column.
        """
        start = set(self.columns_named(name))
        values = self._reached(start, lambda edge: edge.how.is_value, with_rows=False)
        own = self._reached(start, lambda _edge: True, with_rows=False)
        everything = self._reached(start, lambda _edge: True, with_rows=True)
        rows = {one for one in self.assets if _columns_in(self.table(one).rows.edges) & (start | everything)}
        unknown = {one for one in everything if self.column(one).unknown}
        return Dependents(
            _sorted(values),
            _sorted(own - values),
            _sorted(rows),
            _sorted({one.partition(".")[0] for one in everything} | rows),
            _sorted(unknown),
        )

    def tables(self) -> dict[str, TableLineage]:
        """The lineage of every asset, by its key."""
        return {asset: self.table(asset) for asset in self.assets}

    def columns_named(self, name: str) -> list[str]:
        """The full name of that column; or of a table those of all its columns, in order.

        Raises:
            NoSuchColumn: there is no such table or column.
        """
        asset, _, column = name.partition(".")
        columns = self.landed[asset] if asset in self.landed else self.recipe(asset).columns
        if column and column not in columns:
            raise _not_there(f"column {column!r} in {asset}", column, columns)
        return [name] if column else [f"{asset}.{one}" for one in columns]

    def _reached(self, start: set[str], follows: Callable[[Edge], bool], *, with_rows: bool) -> set[str]:
        """The columns that edges of a kind lead to, from any of `start` on."""
        reached: set[str] = set()
        new = start
        while new:
            found = set()
            for asset in self.assets:
                table = self.table(asset)
                by_rows = with_rows and bool(_columns_in(table.rows.edges) & new)
                for name, origin in table.of():
                    if by_rows or _columns_in(filter(follows, origin.edges)) & new:
                        found.add(name)
            new = found - reached - start
            reached |= new
        return reached


def _columns_in(edges: Iterable[Edge]) -> set[str]:
    return {edge.column for edge in edges}


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _not_there(what: str, name: str, known: Iterable[str]) -> NoSuchColumn:
    """The error, with what was probably meant."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}."
    return NoSuchColumn(f"There is no {what}. {hint}")
