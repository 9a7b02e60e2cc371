"""This room's joins: two relations and how they are joined → what the columns and rows of the whole come from.

Where each row of the one side finds at most one of the other, because that has a key among the columns compared, the
other side decides nothing of which rows there are in a join that keeps them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from dataops_platform.catalog.expressions import influence, plain
from dataops_platform.catalog.traces import NOTHING, Field, Trace, Traced, merged
from dataops_platform.core.lineage import How

#: Values of Spark Connect's JoinType.
_INNER, _FULL, _LEFT, _RIGHT, _ANTI, _SEMI, _CROSS = 1, 2, 3, 4, 5, 6, 7
_KEEPS_LEFT, _KEEPS_RIGHT = {_FULL, _LEFT}, {_FULL, _RIGHT}


@dataclass(frozen=True)
class _On:
    """What a join compares.

    Attributes:
        by: what decides which rows find each other.
        left, right: columns of each side that have to equal one of the other.
    """

    by: Trace
    left: frozenset[str]
    right: frozenset[str]


def joined(left: Traced, right: Traced, join: Any) -> Traced:
    """The join of two relations, as a Spark Connect plan has it."""
    kind = join.join_type
    on = _by_name(left, right, join.using_columns) if join.using_columns else _by_condition(left, right, join)
    finds_one_right = any(key <= on.right for key in right.keys)
    finds_one_left = any(key <= on.left for key in left.keys)
    everything = merged([left.rows, right.rows, on.by])
    if kind in {_ANTI, _SEMI}:
        return replace(left, rows=everything)
    rows = everything
    if kind == _LEFT and finds_one_right:
        rows = left.rows
    if kind == _RIGHT and finds_one_left:
        rows = right.rows
    lefts = _may_be_empty(left, merged([left.rows, on.by])) if kind in _KEEPS_RIGHT else left.fields
    rights = _may_be_empty(right, merged([right.rows, on.by])) if kind in _KEEPS_LEFT else right.fields
    fields = _fields(lefts, rights, join) if join.using_columns else (*lefts, *rights)
    keys = [*(left.keys if finds_one_right and kind in {_INNER, _LEFT} else ())]
    keys += right.keys if finds_one_left and kind in {_INNER, _RIGHT} else ()
    rest = [side.rest for side in (left, right) if side.rest is not None]
    return Traced(fields, rows, _still_told_apart(keys, fields), merged(rest) if rest else None)


def _by_name(left: Traced, right: Traced, names: Iterable[str]) -> _On:
    by = merged(side.named(name) for name in names for side in (left, right))
    same = frozenset(name.lower() for name in names)
    return _On(by.influencing(How.JOIN), same, same)


def _by_condition(left: Traced, right: Traced, join: Any) -> _On:
    if not join.HasField("join_condition"):
        return _On(NOTHING, frozenset(), frozenset())
    both = Traced((*left.fields, *right.fields), rest=_either(left.rest, right.rest))
    equal = [set[str](), set[str]()]
    for one, other in _equalities(join.join_condition):
        for first, second in ((one, other), (other, one)):
            ours, theirs = _column(first, left, right), _column(second, right, left)
            if ours and theirs:
                equal[0].add(ours)
                equal[1].add(theirs)
    return _On(influence([join.join_condition], both, How.JOIN), frozenset(equal[0]), frozenset(equal[1]))


def _either(left: Trace | None, right: Trace | None) -> Trace | None:
    found = [rest for rest in (left, right) if rest is not None]
    return merged(found) if found else None


def _equalities(condition: Any) -> Iterator[tuple[Any, Any]]:
    """The pairs that have to be equal, all of them, for the condition to hold."""
    call = condition.unresolved_function
    if call.function_name == "and":
        for one in call.arguments:
            yield from _equalities(one)
    elif call.function_name in {"==", "="}:
        yield call.arguments[0], call.arguments[1]


def _column(expression: Any, side: Traced, other: Traced) -> str | None:
    """The name of the one column of this side, and of no other side, that the expression is."""
    ours, theirs = plain(expression, side), plain(expression, other)
    return (ours.name or "").lower() if ours is not None and theirs is None else None


def _may_be_empty(side: Traced, why: Trace) -> tuple[Field, ...]:
    """The columns of a side whose rows need not be there."""
    return tuple(replace(field, trace=field.trace.also(why)) for field in side.fields)


def _fields(left: Iterable[Field], right: Iterable[Field], join: Any) -> tuple[Field, ...]:
    """The columns of a join by name: each name once, first; the other side's is seen through its plan alone."""
    names = list(join.using_columns)
    ours, theirs = _by_names(left, names), _by_names(right, names)
    keys, hidden = [], []
    for name in names:
        one, other = ours.get(name.lower()), theirs.get(name.lower())
        if one is None or other is None:
            continue
        kept, gone = (other, one) if join.join_type == _RIGHT else (one, other)
        if join.join_type == _FULL:
            keys.append(Field(name, merged([one.trace, other.trace]).computed()))
            hidden += [replace(one, is_hidden=True), replace(other, is_hidden=True)]
        else:
            keys.append(kept)
            hidden.append(replace(gone, is_hidden=True))
    others = [f for f in (*left, *right) if f.is_hidden or (f.name or "").lower() not in {*ours, *theirs}]
    return (*keys, *others, *hidden)


def _by_names(fields: Iterable[Field], names: Iterable[str]) -> dict[str, Field]:
    wanted = {name.lower() for name in names}
    return {f.name.lower(): f for f in fields if f.name and f.name.lower() in wanted and not f.is_hidden}


def _still_told_apart(keys: Iterable[frozenset[str]], fields: Iterable[Field]) -> frozenset[frozenset[str]]:
    """The keys, none of whose columns has a namesake."""
    names = [(field.name or "").lower() for field in fields if not field.is_hidden]
    counts = Counter(names)
    return frozenset(key for key in keys if all(counts[name] == 1 for name in key))
