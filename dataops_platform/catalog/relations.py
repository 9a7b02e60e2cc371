"""This room's relations: a `Relation` of a Spark Connect plan → what its columns and its rows come from.

Operator by operator. What decides which rows there are (filters, keys of groups, joins) is told once for the whole
relation; it becomes a column's own influence where a join can leave that column empty. An operator that is not known
is never guessed at: every column of it is unknown, and all that it reads may take part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dataops_platform.catalog import operators, projections
from dataops_platform.catalog.joins import joined
from dataops_platform.catalog.traces import Field, Trace, Traced, unread
from dataops_platform.core.lineage import Edge, Given, How


class PlanReader:
    """Reads plans that are made of given tables."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        self._given = given
        self._seen: dict[int, Traced] = {}  # a plan that is used twice stands in it twice
        self._kept: dict[str, Traced] = {}

    def read(self, relation: Any) -> Traced:
        """What the relation comes from."""
        plan = relation.common.plan_id if relation.common.HasField("plan_id") else None
        if plan is not None and plan in self._seen:
            return self._seen[plan]
        kind = relation.WhichOneof("rel_type")
        found = self._of(relation, kind)
        if plan is not None:
            found = self._seen[plan] = found.seen_as(plan)
        return found

    def _of(self, relation: Any, kind: str) -> Traced:
        message = getattr(relation, kind)
        if kind in _OF_ONE:
            return _OF_ONE[kind](self.read(message.input), message)
        if kind in _OF_OTHERS:
            return _OF_OTHERS[kind](self, message)
        inputs = [self.read(below) for below in _inputs(message)]
        rest = unread(f"{kind} is not read", [trace for below in inputs for trace in below.everything()])
        return Traced((), rest, rest=rest)

    def kept(self, relation: Any) -> str:
        """The name under which what the relation comes from is known from now on, however large its plan is."""
        found, name = self.read(relation), f"kept {len(self._kept)}"
        shown = (Field(field.name, field.trace) for field in found.shown)
        self._kept[name] = Traced(tuple(shown), found.rows, found.keys, found.rest)
        return name

    def table(self, name: str) -> Traced | None:
        """A given table, or what was kept; None where there is none of that name."""
        if name in self._kept:
            return self._kept[name]
        given = self._given.get(name)
        if given is None:
            return None
        fields = (
            Field(
                column,
                Trace(
                    frozenset({Edge(f"{name}.{column}", How.IDENTITY)}) if given.is_asset else frozenset(),
                    type=type_,
                ),
            )
            for column, type_ in given.columns.items()
        )
        keys = {frozenset(column.lower() for column in given.key)} if given.key else set()
        return Traced(tuple(fields), keys=frozenset(keys))


def _inputs(message: Any) -> Iterable[Any]:
    """The relations right below a message of any kind."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None or descriptor.message_type.GetOptions().map_entry:
            continue
        for one in value if descriptor.is_repeated else [value]:
            if descriptor.message_type.name == "Relation":
                yield one
            else:
                yield from _inputs(one)


def _read(reader: PlanReader, read: Any) -> Traced:
    name = read.named_table.unparsed_identifier if read.HasField("named_table") else "a file"
    found = reader.table(name)
    if found is None:
        rest = unread(f"{name} is no table that was given", [])
        return Traced((), rest, rest=rest)
    return found


def _joined(reader: PlanReader, join: Any) -> Traced:
    return joined(reader.read(join.left), reader.read(join.right), join)


def _set_operation(reader: PlanReader, operator: Any) -> Traced:
    left, right = reader.read(operator.left_input), reader.read(operator.right_input)
    return operators.set_operation(left, right, operator)


#: What is made of one relation.
_OF_ONE: Mapping[str, Callable[[Traced, Any], Traced]] = {
    "project": projections.project,
    "with_columns": projections.with_columns,
    "drop": projections.drop,
    "with_columns_renamed": projections.rename,
    "to_df": projections.to_df,
    "subquery_alias": projections.alias,
    "unpivot": projections.unpivot,
    "filter": operators.keep,
    "sort": operators.sort,
    "deduplicate": operators.deduplicate,
    "aggregate": operators.aggregate,
    "drop_na": operators.drop_na,
    "fill_na": operators.fill_na,
    "replace": operators.fill_na,
    "limit": operators.same,
    "offset": operators.same,
    "tail": operators.same,
    "sample": operators.same,
    "hint": operators.same,
    "repartition": operators.same,
    "repartition_by_expression": operators.same,
    "with_watermark": operators.same,
    "collect_metrics": operators.same,
}
_OF_OTHERS: Mapping[str, Callable[[PlanReader, Any], Traced]] = {
    "read": _read,
    "join": _joined,
    "set_op": _set_operation,
}
