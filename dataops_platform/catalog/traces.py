"""This room's traces: what a column or a relation of a plan comes from, while the plan is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dataops_platform.core.lineage import Edge, How, Origin

_NAME_PARTS = re.compile(r"`((?:[^`]|``)+)`|([^.`]+)")


@dataclass(frozen=True)
class Trace(Origin):
    """What an expression comes from.

    Attributes:
        parts: of a struct that the plan makes: what each of its fields comes from.
        type: its type in Spark's words, where that is known.
    """

    parts: tuple[tuple[str, Trace], ...] = ()
    type: str | None = None

    def computed(self, how: How = How.TRANSFORMATION) -> Trace:
        """The trace of something computed from this."""
        stays = How.AGGREGATION if how is How.TRANSFORMATION else how
        return self._with({way: how for way in _VALUES if way is not stays})

    def influencing(self, how: How) -> Trace:
        """The trace of something that this only chooses."""
        return self._with(dict.fromkeys(_VALUES, how))

    @cached_property
    def _hows(self) -> frozenset[How]:
        """The ways it holds, asked again and again of the traces that thousands of columns share."""
        return frozenset(edge.how for edge in self.edges)

    def _with(self, ways: Mapping[How, How]) -> Trace:
        """A trace of other ways; itself where nothing changes, as most of a wide table's plan is read so."""
        is_same = all(ways.get(how, how) is how for how in self._hows)
        if is_same and not self.parts and self.type is None:
            return self
        edges = (
            self.edges if is_same else frozenset(Edge(name, ways.get(how, how)) for name, how in self.edges)
        )
        return Trace(edges, self.unknown)

    def also(self, why: Trace) -> Trace:
        """The same thing, which is decided by `why` too."""
        parts = tuple((name, trace.also(why)) for name, trace in self.parts)
        return replace(self, edges=self.edges | why.edges, unknown=self.unknown | why.unknown, parts=parts)

    def part(self, name: str) -> Trace:
        """The trace of one field of this struct."""
        found = {known.lower(): trace for known, trace in self.parts}.get(name.lower())
        return found if found is not None else self.computed()


NOTHING = Trace()
_VALUES = tuple(how for how in How if how.is_value)


def merged(traces: Iterable[Trace]) -> Trace:
    """What any of them comes from."""
    one, *others = [trace for trace in traces if trace.edges or trace.unknown] or [NOTHING]
    if not others and not one.parts and one.type is None:
        return one
    edges = one.edges.union(*(trace.edges for trace in others))
    return Trace(edges, one.unknown.union(*(trace.unknown for trace in others)))


def unread(reason: str, possible: Iterable[Trace]) -> Trace:
    """The trace of what cannot be read: any of the `possible` may take part in it."""
    found = merged(possible)
    return Trace(found.influencing(How.UNKNOWN).edges, found.unknown | {reason})


@dataclass(frozen=True)
class Field:
    """One column of a relation.

    Attributes:
        name: None where only a server would know it.
        plans: ids of the plans of which it is, unchanged, a column.
        qualifiers: names the relation goes by.
        is_hidden: whether it can be named through a plan alone: the second key of a join by name.
    """

    name: str | None
    trace: Trace
    plans: frozenset[int] = frozenset()
    qualifiers: frozenset[str] = frozenset()
    is_hidden: bool = False

    def is_named(self, name: str) -> bool:
        """Whether it goes by that name; Spark does not look at case."""
        return self.name is not None and self.name.lower() == name.lower()


@dataclass(frozen=True)
class Traced:
    """What a relation comes from.

    Attributes:
        rows: what decides which rows there are.
        keys: sets of column names, in lower case, that no two rows share.
        rest: what a column may come from that is not among the fields; None where there is no other.
    """

    fields: tuple[Field, ...]
    rows: Trace = NOTHING
    keys: frozenset[frozenset[str]] = frozenset()
    rest: Trace | None = None

    @cached_property
    def shown(self) -> tuple[Field, ...]:
        """The columns it has, in order."""
        return tuple(field for field in self.fields if not field.is_hidden)

    @cached_property
    def by_name(self) -> dict[str, list[Field]]:
        """All columns by their name in lower case: a table of many would be searched once for each of them."""
        found: dict[str, list[Field]] = {}
        for field in self.fields:
            if field.name is not None:
                found.setdefault(field.name.lower(), []).append(field)
        return found

    def with_more_names(self) -> Traced:
        """A copy that `also_named` may be told to."""
        return replace(self)

    def also_named(self, field: Field) -> None:
        """An expression may name this column too; it is none of the relation's own, which are not copied for it."""
        if field.name is not None:
            self.by_name.setdefault(field.name.lower(), []).append(field)

    def everything(self) -> list[Trace]:
        """All that takes part in it."""
        return [*(field.trace for field in self.fields), self.rows, *([self.rest] if self.rest else [])]

    def seen_as(self, plan: int) -> Traced:
        """The same relation, whose columns can be named through that plan."""
        fields = (
            Field(field.name, field.trace, field.plans | {plan}, field.qualifiers, field.is_hidden)
            for field in self.fields
        )
        return replace(self, fields=tuple(fields))

    def find(self, name: str, plan: int | None = None) -> tuple[list[Field], list[str]]:
        """The columns that a plan can mean by `name`, and the fields of a struct that it names below them."""
        first, *below = _parts(name)
        if plan is None and below:
            named = self.by_name.get(below[0].lower(), ())
            qualified = [field for field in named if first in field.qualifiers and not field.is_hidden]
            if qualified:
                return qualified, below[1:]
        named = self.by_name.get(first.lower(), ())
        return [f for f in named if (not f.is_hidden if plan is None else plan in f.plans)], below

    def column(self, name: str, plan: int | None = None) -> Field | None:
        """The one column that `name` is, whole; None where it is none, or more than one."""
        found, below = self.find(name, plan)
        return found[0] if len(found) == 1 and not below else None

    def named(self, name: str, plan: int | None = None) -> Trace:
        """What the column that a plan calls `name` comes from; unknown where it cannot be told which that is."""
        found, below = self.find(name, plan)
        if len(found) == 1:
            trace = found[0].trace
            for part in below:
                trace = trace.part(part)
            return trace
        plain = ".".join(_parts(name))
        if found:
            return unread(f"{plain} is more than one column", [field.trace for field in found])
        others = [field.trace for field in self.shown if field.name is None]
        others += [self.rest] if self.rest is not None else []
        if len(others) == 1:
            return others[0]
        return unread(f"{plain} is no column that can be told", others or self.everything())


def _parts(name: str) -> list[str]:
    """`a.b` and `` `a.b`.c `` taken apart."""
    found = [quoted.replace("``", "`") or plain for quoted, plain in _NAME_PARTS.findall(name)]
    return found or [name]


def without_keys(keys: frozenset[frozenset[str]], names: Iterable[str]) -> frozenset[frozenset[str]]:
    """The keys in which none of these columns is."""
    gone = {name.lower() for name in names}
    return frozenset(key for key in keys if not key & gone)


def renamed_keys(
    keys: frozenset[frozenset[str]], names: Mapping[str, str], fields: Sequence[Field]
) -> frozenset[frozenset[str]]:
    """The keys under their columns' new `names`; those whose columns are gone, or named twice, are none."""
    counts: dict[str, int] = {}
    for field in fields:
        if field.name is not None and not field.is_hidden:
            counts[field.name.lower()] = counts.get(field.name.lower(), 0) + 1
    moved = (frozenset(names[name] for name in key) for key in keys if all(name in names for name in key))
    return frozenset(key for key in moved if all(counts.get(name) == 1 for name in key))
