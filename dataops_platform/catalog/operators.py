"""This room's operators: those that choose, order or group the rows of one relation → what the result comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dataops_platform.catalog.expressions import influence, name_of, orders, traced
from dataops_platform.catalog.projections import computed
from dataops_platform.catalog.traces import Field, Trace, Traced, merged
from dataops_platform.core.lineage import How

#: Values of Spark Connect's GroupType and SetOpType.
_GROUP_BY, _PIVOT = 1, 4
_UNION = 2


def same(below: Traced, _operator: Any) -> Traced:
    """Operators that change no column, and choose rows by no column of their own."""
    return below


def keep(below: Traced, operator: Any) -> Traced:
    """`filter`."""
    return _chosen(below, influence([operator.condition], below, How.FILTER))


def sort(below: Traced, operator: Any) -> Traced:
    """`orderBy`; what is taken first of it, or collected in its order, depends on it."""
    return _chosen(below, orders(operator.order, below, How.SORT))


def _chosen(below: Traced, by: Trace) -> Traced:
    return replace(below, rows=merged([below.rows, by]))


def _columns(below: Traced, names: Iterable[str]) -> list[Trace]:
    """The columns of these names; all, where there are no names."""
    asked = list(names)
    return [below.named(name) for name in asked] if asked else [field.trace for field in below.shown]


def deduplicate(below: Traced, operator: Any) -> Traced:
    """`dropDuplicates` and `distinct`."""
    by = merged(_columns(below, operator.column_names)).influencing(How.GROUP_BY)
    names = list(operator.column_names) or [field.name or "" for field in below.shown]
    key = frozenset(name.lower() for name in names)
    return replace(_chosen(below, by), keys=below.keys | {key})


def drop_na(below: Traced, operator: Any) -> Traced:
    """`dropna`."""
    return _chosen(below, merged(_columns(below, operator.cols)).influencing(How.FILTER))


def fill_na(below: Traced, operator: Any) -> Traced:
    """`fillna` and `replace`: other values for some of the columns, or for all."""
    names = {name.lower() for name in operator.cols}
    fields = tuple(
        replace(field, trace=field.trace.computed(), plans=frozenset())
        if not names or (field.name or "").lower() in names
        else field
        for field in below.fields
    )
    return replace(below, fields=fields)


def aggregate(below: Traced, operator: Any) -> Traced:
    """`groupBy().agg()`, with rollup, cube and pivot."""
    groups, _ = computed(operator.grouping_expressions, below)
    by = merged(field.trace for field in groups).influencing(How.GROUP_BY)
    why = merged([below.rows, by])
    made = [
        (name_of(one), traced(one, below).computed(How.AGGREGATION).also(why))
        for one in operator.aggregate_expressions
    ]
    if operator.group_type == _PIVOT:
        of = influence([operator.pivot.col], below, How.CONDITIONAL)
        return Traced(tuple(groups), why, rest=merged([of, *(trace for _, trace in made)]))
    fields = (*groups, *(Field(name, trace) for name, trace in made))
    key = frozenset((field.name or "").lower() for field in groups)
    is_told_apart = operator.group_type == _GROUP_BY and len(key) == len(groups) and "" not in key
    rows = why if groups else Trace()  # of everything there is one row, whatever the rows
    return Traced(fields, rows, frozenset({key}) if is_told_apart else frozenset())


def set_operation(left: Traced, right: Traced, operator: Any) -> Traced:
    """`union`, by position or by name; `intersect` and `except`, which choose rows of the first by the second."""
    rows = merged([left.rows, right.rows])
    if operator.set_op_type != _UNION:
        by = merged([*left.everything(), *right.everything()]).influencing(How.FILTER)
        return replace(left, rows=merged([rows, by]))
    if operator.by_name:
        pairs = [(one, _namesake(one, right)) for one in left.shown]
        pairs += [(one, None) for one in right.shown if _namesake(one, left) is None]
    else:
        pairs = list(zip(left.shown, right.shown, strict=len(left.shown) == len(right.shown)))
    rest = [side.rest for side in (left, right) if side.rest is not None]
    fields = tuple(
        Field(one.name, merged([one.trace, *([other.trace] if other else []), *rest])) for one, other in pairs
    )
    return Traced(fields, rows, rest=merged(rest) if rest else None)


def _namesake(field: Field, relation: Traced) -> Field | None:
    return relation.column(f"`{field.name}`") if field.name is not None else None
