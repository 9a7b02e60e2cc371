"""This room's lineage: recipes → for every column of every table, the columns it comes from.

Recipes run on frames that are only planned. A recipe that cannot be planned, because it looks at data or asks a
server, is no error: its columns are unknown, and everything it was given may take part in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from dataops_platform.catalog.relations import PlanReader
from dataops_platform.catalog.traces import Trace, Traced, unread
from dataops_platform.core.lineage import ColumnsOf, Compute, Edge, How, Origin, Planner, Recipe, TableLineage
from dataops_platform.errors import NotPlanned


def table_lineage(recipe: Recipe, planner: Planner) -> TableLineage:
    """What the table that a recipe makes comes from, one asset back."""
    if recipe.compute is None:
        return _taken_over(recipe)
    found = _traced(recipe, recipe.compute, planner)
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


def _traced(recipe: Recipe, compute: Compute, planner: Planner) -> Traced:
    reader = PlanReader(recipe.given)
    plans = planner(_columns_of(reader))

    def keep(frame: DataFrame) -> DataFrame:
        return plans.frame(reader.kept(plans.plan(frame)))

    try:
        made = compute({name: plans.frame(name) for name in recipe.given}, keep)
        return reader.read(plans.plan(made))
    except Exception as error:  # noqa: BLE001  # whatever a table's code does, lineage stops no run
        tables = [found for name in recipe.given if (found := reader.table(name)) is not None]
        why = str(error) if isinstance(error, NotPlanned) else f"planning it raised {type(error).__name__}"
        rest = unread(why, [field.trace for table in tables for field in table.fields])
        return Traced((), rest, rest=rest)


def _columns_of(reader: PlanReader) -> ColumnsOf:
    """Tells what a frame has for columns, by its plan."""

    def told(relation: Any) -> Mapping[str, str | None]:
        found = reader.read(relation)
        named = {field.name: field.trace.type for field in found.shown if field.name is not None}
        if found.rest is not None or len(named) < len(found.shown):
            raise NotPlanned("a plan alone does not tell the names of these columns")
        return named

    return told
