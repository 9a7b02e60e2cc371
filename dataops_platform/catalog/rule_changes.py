"""This room's rule changes: whether a contract asks more or less of values than it did, by what it asks.

How a rule is written makes no difference: `in_range(0, 9)` asks what `ge(0)` and `le(9)` ask together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from dataops_platform.catalog.plain_values import SECONDS
from dataops_platform.core.rules import allowance

Kind = Literal["breaking", "widening", "neutral"]
Finding = tuple[Kind, str]
Told = Mapping[str, Any]


@dataclass(frozen=True)
class _Bound:
    """Values lie on one side of this one, itself left out where it is strict; its text is how people say that."""

    side: Literal["low", "high"]
    value: Any
    is_strict: bool = False
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        words = {"low": ("at least", "more than"), "high": ("at most", "less than")}
        return self.text or f"{words[self.side][self.is_strict]} {self.value}"

    def is_looser_than(self, other: _Bound) -> bool:
        """Whether all that the other lets pass, and more, is let pass; also false where they cannot be compared."""
        if self.value == other.value:
            return self.is_strict < other.is_strict
        try:
            return bool(self.value < other.value if self.side == "low" else self.value > other.value)
        except TypeError:  # a number and a date: the column's type has changed too
            return False

    def and_also(self, other: _Bound) -> _Bound:
        """What asks for both."""
        return other if self.is_looser_than(other) else self


@dataclass(frozen=True)
class _Values:
    """A rule lists values: the only ones that pass, or ones that it stops."""

    words: str
    values: frozenset[Any]
    lets_pass: bool = False

    def __str__(self) -> str:
        return f"{self.words} {', '.join(sorted(map(str, self.values))) or 'nothing'}"

    def is_looser_than(self, other: _Values) -> bool:
        """Whether all that the other lets pass, and more, is let pass."""
        return self.values > other.values if self.lets_pass else self.values < other.values

    def and_also(self, other: _Values) -> _Values:
        """What asks for both."""
        values = self.values & other.values if self.lets_pass else self.values | other.values
        return _Values(self.words, values, self.lets_pass)


Asked = dict[Hashable, Any]


def words(check: Told) -> list[str]:
    """What one check of a column asks, as people say it."""
    return [str(one) for _, one in _of_check(check)]


def column_changes(before: Iterable[Told], after: Iterable[Told]) -> Iterator[Finding]:
    """What the checks of a column ask now that they did not, and the other way round."""
    yield from _compared(_of_checks(before), _of_checks(after))


def rule_changes(before: Told, after: Told) -> Iterator[Finding]:
    """What a rule of the table asks now that it did not, and the other way round."""
    yield from _compared(_of_rule(before), _of_rule(after))


def limit_changes(before: Told, after: Told) -> Iterator[Finding]:
    """What a check lets pass now that it did not, and the other way round."""
    yield from _compared(_of_limit(before), _of_limit(after))


def _compared(before: Asked, after: Asked) -> Iterator[Finding]:
    for what in dict.fromkeys((*before, *after)):
        old, new = before.get(what), after.get(what)
        if new is None:
            yield "widening", f"no longer {old}"
        elif old is None:
            yield "breaking", f"now {new}"
        elif old != new:
            yield "widening" if new.is_looser_than(old) else "breaking", f"{old} → {new}"


def _of_checks(checks: Iterable[Told]) -> Asked:
    asked: Asked = {}
    for check in checks:
        for what, one in _of_check(check):
            asked[what] = asked[what].and_also(one) if what in asked else one
    return asked


def _of_check(check: Told) -> Iterator[tuple[Hashable, _Bound | _Values]]:
    name, low, high = check["check"], check.get("min_value"), check.get("max_value")
    if name in {"greater_than_or_equal_to", "greater_than", "less_than_or_equal_to", "less_than", "in_range"}:
        if low is not None:
            yield "low", _Bound("low", low, name == "greater_than" or not check.get("include_min", True))
        if high is not None:
            yield "high", _Bound("high", high, name == "less_than" or not check.get("include_max", True))
    elif name == "str_length":
        low, high = check.get("exact_value", low), check.get("exact_value", high)
        if low is not None:
            yield "shortest", _Bound("low", low, text=f"length at least {low}")
        if high is not None:
            yield "longest", _Bound("high", high, text=f"length at most {high}")
    elif name in {"isin", "equal_to"}:
        yield "allowed", _Values("one of", _listed(check, "allowed_values"), lets_pass=True)
    elif name in {"notin", "not_equal_to"}:
        yield "forbidden", _Values("none of", _listed(check, "forbidden_values"))
    else:  # nobody can tell which of two patterns is tighter: one goes and another comes
        text = ", ".join(str(value) for word, value in check.items() if word != "check")
        yield (name, text), _Values(name, frozenset([text]))


def _listed(check: Told, name: str) -> frozenset[Any]:
    """A null is never judged, so it makes no difference whether it is listed."""
    return frozenset([check["value"]] if "value" in check else check[name]) - {None}


def _of_rule(rule: Told) -> Asked:
    if rule["rule"] == "Aggregate":
        asked: Asked = {"refuses": _Values("refuses the date when", frozenset(["broken"]))}
        ends: tuple[tuple[str, Literal["low", "high"]], ...] = (("at_least", "low"), ("at_most", "high"))
        return (asked if rule["refuses"] else {}) | {
            side: _Bound(side, _length(rule[name]), text=f"{name.replace('_', ' ')} {_said(rule[name])}")
            for name, side in ends
            if rule[name] is not None
        }
    if rule["rule"] == "Required":
        words = f"asked for where {rule['when']} is"
        return {"required": _Values(words, frozenset(rule["equals"]))}
    told = ", ".join(f"{name} {value}" for name, value in rule.items())
    return {told: _Values("asks for", frozenset([told]))}


def _length(value: Any) -> Any:
    """A length of time, counted from the ingestion date, is compared by its seconds."""
    return value["value"] * SECONDS[value["unit"]] if isinstance(value, Mapping) else value


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['value']} {value['unit']} from the ingestion date"
    return str(value)


def _of_limit(limit: Told) -> Asked:
    asked: Asked = {}
    for name, does in (("fail", "refuses the date"), ("warn", "warns")):
        most = limit[name]
        if most is not None:
            is_share = isinstance(most, Decimal)
            said = allowance(float(most) if is_share else most)
            asked[name, is_share] = _Bound("high", most, text=f"{does} above {said}")
    least = limit["needs_rows"]
    asked["needs_rows"] = _Bound("high", least, text=f"judges shares of more than {least} rows")
    return asked
