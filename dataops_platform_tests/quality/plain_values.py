"""This file holds a plain reading of values: what a landed text writes, and whether that keeps a pandera check."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandera.pandas as pandera

from dataops_platform.core.contract import ContractColumn

_TRUTHS = dict.fromkeys(("true", "t", "yes", "1"), True) | dict.fromkeys(("false", "f", "no", "0"), False)
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2})(?:(:[0-9]{2})(?:\.([0-9]{1,6}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?"
)
#: The formats that are read here: as Python writes them, and as they have to look.
_FORMATS = {
    "dd.MM.yyyy": ("%d.%m.%Y", r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}"),
    "yyyy/MM/dd HH:mm": ("%Y/%m/%d %H:%M", r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}"),
}


def value_of(field: ContractColumn, text: str | None) -> Any:
    """The value that a text writes, or None."""
    if text is None:
        return None
    text = text.strip(" ")
    if field.format:
        return _formatted(field, text)
    readers: dict[str, Callable[[str], Any]] = {
        "text": str,
        "date": _date,
        "timestamp": _timestamp,
        "decimal": lambda text: _decimal(field, text),
        "integer": lambda text: int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None,
        "double": _double,
        "boolean": lambda text: _TRUTHS.get(text.lower()),
    }
    return readers[field.kind](text)


def _date(text: str) -> date | None:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _timestamp(text: str) -> datetime | None:
    """A moment between the years 1 and 9999 in UTC, which is also what a text without an offset is in."""
    written = _TIME.fullmatch(text)
    if written is None:
        return None
    day, minute, second, fraction, zone = written.groups()
    hours, minutes = (0, 0) if zone in (None, "Z") else map(int, zone[1:].split(":"))
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if (zone or "")[:1] == "-" else 1)
    if minutes > 59 or abs(offset) > timedelta(hours=18):
        return None
    try:
        local = datetime.fromisoformat(
            f"{day} {minute or '00:00'}{second or ':00'}.{(fraction or '').ljust(6, '0')}"
        )
        return local.replace(tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _formatted(field: ContractColumn, text: str) -> date | None:
    written, looks = _FORMATS[str(field.format)]
    if not re.fullmatch(looks, text):
        return None
    try:
        found = datetime.strptime(text, written).replace(tzinfo=UTC)
    except ValueError:
        return None
    return found.date() if field.kind == "date" else found


def _decimal(field: ContractColumn, text: str) -> Decimal | None:
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", text):
        return None
    in_smallest_units = Fraction(text) * 10**field.scale
    fits = in_smallest_units.denominator == 1 and abs(in_smallest_units) < 10**field.precision
    return Decimal(text) if fits else None


def _double(text: str) -> float | None:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text):
        return None
    return float(text) if math.isfinite(float(text)) else None


_COMPARISONS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "greater_than_or_equal_to": (operator.ge, "min_value"),
    "greater_than": (operator.gt, "min_value"),
    "less_than_or_equal_to": (operator.le, "max_value"),
    "less_than": (operator.lt, "max_value"),
    "equal_to": (operator.eq, "value"),
    "not_equal_to": (operator.ne, "value"),
    "str_startswith": (str.startswith, "string"),
    "str_endswith": (str.endswith, "string"),
    "isin": (lambda value, allowed: value in allowed, "allowed_values"),
    "notin": (lambda value, forbidden: value not in forbidden, "forbidden_values"),
    "str_matches": (lambda value, pattern: bool(re.match(pattern, value)), "pattern"),
    "str_contains": (lambda value, pattern: bool(re.search(pattern, value)), "pattern"),
}


def keeps(value: Any, check: pandera.Check) -> bool:
    """Whether a value that is there keeps a check."""
    s = check.statistics or {}
    if check.name == "in_range":
        above = operator.ge if s.get("include_min", True) else operator.gt
        below = operator.le if s.get("include_max", True) else operator.lt
        return bool(above(value, s["min_value"]) and below(value, s["max_value"]))
    if check.name == "str_length":
        exact, low, high = s.get("exact_value"), s.get("min_value"), s.get("max_value")
        if exact is not None:
            return bool(len(value) == exact)
        return bool((low is None or len(value) >= low) and (high is None or len(value) <= high))
    compare, statistic = _COMPARISONS[str(check.name)]
    return bool(compare(value, s[statistic]))
