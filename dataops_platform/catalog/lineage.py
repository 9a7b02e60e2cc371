"""This room's lineage: recipes → for every column of every table, the columns it comes from.

Recipes run on frames that are only planned. A recipe that cannot be planned, because it looks at data or asks a
server, is no error: its columns are unknown, and everything it was given may take part in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from dataops_platform.catalog.relations import PlanReader
from dataops_platform.catalog.traces import Trace, Traced, unread
from dataops_platform.core.lineage import (
    ColumnsOf,
    Compute,
    Edge,
    Given,
    How,
    Origin,
    Part,
    Planner,
    Recipe,
    TableLineage,
)
from dataops_platform.errors import NotPlanned


def table_lineage(recipe: Recipe, planner: Planner) -> TableLineage:
    """What the table that a recipe makes comes from, one asset back."""
    [found] = lineages([recipe], planner)
    return found


def is_taken_from_the_same(recipe: Recipe, other: Recipe) -> bool:
    """Whether both take what they hold from one frame; it is planned and read once then."""
    one, two = recipe.compute, other.compute
    return isinstance(one, Part) and isinstance(two, Part) and one.whole is two.whole


def lineages(recipes: Sequence[Recipe], planner: Planner) -> list[TableLineage]:
    """What the tables come from, one asset back; if they are several, all of them are taken from the same frame."""
    reading = _Reading(recipes[0].given, planner)
    return [_lineage(recipe, reading) for recipe in recipes]


def _lineage(recipe: Recipe, reading: _Reading) -> TableLineage:
    if recipe.compute is None:
        return _taken_over(recipe)
    found = reading.traced(recipe.compute)
    return TableLineage(
        recipe.asset,
        _sources(recipe),
        {name: _origin(found.named(f"`{name}`")) for name in recipe.columns},
        _origin(found.rows),
    )


def _taken_over(recipe: Recipe) -> TableLineage:
    columns = {}
    for name in recipe.columns:
        edges = (
            Edge(f"{asset}.{name}", How.IDENTITY)
            for asset, given in recipe.given.items()
            if name in given.columns
        )
        columns[name] = Origin(frozenset(edges))
    return TableLineage(recipe.asset, _sources(recipe), columns)


def _sources(recipe: Recipe) -> tuple[str, ...]:
    return tuple(name for name, given in recipe.given.items() if given.is_asset)


def _origin(trace: Trace) -> Origin:
    return Origin(trace.edges, trace.unknown)


class _Reading:
    """Plans that are made of the same given tables, and what they come from."""

    def __init__(self, given: Mapping[str, Given], planner: Planner) -> None:
        self._given = given
        self._reader = PlanReader(given)
        self._plans = planner(_columns_of(self._reader))
        self._whole: DataFrame | None = None

    def traced(self, compute: Compute) -> Traced:
        """What the frame that is computed so comes from; where that cannot be told, anything that is given."""
        try:
            return self._reader.read(self._plans.plan(self._made(compute)))
        except Exception as error:  # noqa: BLE001  # whatever a table's code does, lineage stops no run
            tables = [found for name in self._given if (found := self._reader.table(name)) is not None]
            why = (
                str(error) if isinstance(error, NotPlanned) else f"planning it raised {type(error).__name__}"
            )
            rest = unread(why, [field.trace for table in tables for field in table.fields])
            return Traced((), rest, rest=rest)

    def _made(self, compute: Compute) -> DataFrame:
        frames = {name: self._plans.frame(name) for name in self._given}
        if not isinstance(compute, Part):
            return compute(frames, self._keep)
        if self._whole is None:
            self._whole = compute.whole(frames, self._keep)
        return compute.taken(self._whole)

    def _keep(self, frame: DataFrame) -> DataFrame:
        return self._plans.frame(self._reader.kept(self._plans.plan(frame)))


def _columns_of(reader: PlanReader) -> ColumnsOf:
    """Tells what a frame has for columns, by its plan."""

    def told(relation: Any) -> Mapping[str, str | None]:
        found = reader.read(relation)
        named = {field.name: field.trace.type for field in found.shown if field.name is not None}
        if found.rest is not None or len(named) < len(found.shown):
            raise NotPlanned("a plan alone does not tell the names of these columns")
        return named

    return told
