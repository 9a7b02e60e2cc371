"""This room's projections: operators that make, rename or drop columns of one relation → what those come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from dataops_platform.catalog.expressions import GENERATORS, name_of, plain, plan_of, starred, traced
from dataops_platform.catalog.traces import (
    NOTHING,
    Field,
    Trace,
    Traced,
    merged,
    renamed_keys,
    unread,
    without_keys,
)
from dataops_platform.core.lineage import How

_NO_KEYS: frozenset[frozenset[str]] = frozenset()


def project(below: Traced, operator: Any) -> Traced:
    """`select`."""
    fields, rows = computed(operator.expressions, below)
    names: dict[str, str] = {}
    rest: list[Trace] = []
    for one in operator.expressions:
        if one.WhichOneof("expr_type") == "unresolved_star":
            names |= {_lower(field): _lower(field) for field in starred(one.unresolved_star, below)}
            rest += [below.rest] if below.rest is not None else []
            continue
        source = plain(one.alias.expr if one.WhichOneof("expr_type") == "alias" else one, below)
        if source is not None:
            names[_lower(source)] = (name_of(one) or "").lower()
    keys = _NO_KEYS if rows.edges else renamed_keys(below.keys, names, fields)
    return Traced(tuple(fields), merged([below.rows, rows]), keys, merged(rest) if rest else None)


def _lower(field: Field) -> str:
    return (field.name or "").lower()


def computed(expressions: Iterable[Any], below: Traced) -> tuple[list[Field], Trace]:
    """The columns of expressions, and what decides how many rows each of the input makes."""
    fields: list[Field] = []
    rows: list[Trace] = []
    scope, known = below.with_more_names(), {_lower(field) for field in below.shown}
    for one in expressions:
        if one.WhichOneof("expr_type") == "unresolved_star":
            fields += starred(one.unresolved_star, below)
            continue
        kept = plain(one, scope)
        if kept is not None:
            new = [replace(kept, is_hidden=False)]
        else:
            trace, made = traced(one, scope), _generated(one)
            rows += [trace.influencing(How.FILTER)] if made else []
            new = [Field(name, trace) for name in made or [name_of(one)]]
        fields += new
        # Columns named earlier in the same list can be used later in it, where the input has none of that name.
        for field in new:
            if field.name and _lower(field) not in known:
                scope.also_named(field)
    return fields, merged(rows)


def _generated(expression: Any) -> list[str | None]:
    """Names of the columns of a function that makes several rows of one; empty where it is none."""
    is_alias = expression.WhichOneof("expr_type") == "alias"
    inner = expression.alias.expr if is_alias else expression
    count = GENERATORS.get(inner.unresolved_function.function_name.lower(), 0)
    names: list[str | None] = list(expression.alias.name) if is_alias else []
    return names if len(names) == count else [None] * count


def with_columns(below: Traced, operator: Any) -> Traced:
    """`withColumns`: each takes the place of the column of its name, or comes last."""
    rows, scope = NOTHING, below.with_more_names()
    added: dict[str, Field] = {}
    known = {_lower(field) for field in below.shown}
    for alias in operator.aliases:
        trace = traced(alias.expr, scope)
        new = added[alias.name[0].lower()] = Field(alias.name[0], trace)
        rows = merged([rows, trace.influencing(How.FILTER)]) if _generated(alias.expr) else rows
        if _lower(new) not in known:
            scope.also_named(new)
    kept = (field if field.is_hidden else added.get(_lower(field), field) for field in below.fields)
    fields = (*kept, *(field for name, field in added.items() if name not in known))
    keys = _NO_KEYS if rows.edges else without_keys(below.keys, added)
    return Traced(fields, merged([below.rows, rows]), keys, below.rest)


def drop(below: Traced, operator: Any) -> Traced:
    """`drop`, by name or by column."""
    attributes = [one.unresolved_attribute for one in operator.columns]
    gone = [field for name in operator.column_names for field in below.find(name)[0]]
    gone += [field for one in attributes for field in below.find(one.unparsed_identifier, plan_of(one))[0]]
    left_out = {id(field) for field in gone}
    fields = tuple(field for field in below.fields if id(field) not in left_out)
    return replace(below, fields=fields, keys=without_keys(below.keys, map(_lower, gone)))


def rename(below: Traced, operator: Any) -> Traced:
    """`withColumnsRenamed`."""
    new = {rename.col_name.lower(): rename.new_col_name for rename in operator.renames}
    new |= {old.lower(): name for old, name in operator.rename_columns_map.items()}
    return _with_names(below, [new.get(_lower(field), field.name) for field in below.shown])


def to_df(below: Traced, operator: Any) -> Traced:
    """`toDF`: all columns under new names."""
    names = list(operator.column_names)
    if below.rest is not None or len(names) != len(below.shown):
        rest = unread("names are given to columns that are not known", below.everything())
        return Traced((), merged([below.rows, rest]), rest=rest)
    return _with_names(below, names)


def _with_names(below: Traced, names: Sequence[str | None]) -> Traced:
    pairs = list(zip(below.shown, names, strict=True))
    fields = tuple(
        field if field.name == name else Field(name, field.trace, qualifiers=field.qualifiers)
        for field, name in pairs
    )
    moved = {_lower(field): (name or "").lower() for field, name in pairs}
    return Traced(fields, below.rows, renamed_keys(below.keys, moved, fields), below.rest)


def alias(below: Traced, operator: Any) -> Traced:
    """`alias`: the relation under a name of its own."""
    name = frozenset({operator.alias})
    return replace(below, fields=tuple(replace(field, qualifiers=name) for field in below.shown))


def unpivot(below: Traced, operator: Any) -> Traced:
    """`unpivot`: columns become rows."""
    ids, _ = computed(operator.ids, below)
    if operator.HasField("values"):
        values = [traced(one, below) for one in operator.values.values]
    else:
        values = [field.trace for field in below.shown if not any(_same(field, one) for one in ids)]
    value = Field(operator.value_column_name, merged(values).computed())
    return Traced((*ids, Field(operator.variable_column_name, NOTHING), value), below.rows, rest=below.rest)


def _same(field: Field, other: Field) -> bool:
    return field.name is not None and other.is_named(field.name)
