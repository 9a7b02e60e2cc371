"""This room's plain values: what contracts are made of, as a file can hold it and give it back exactly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, ClassVar

import yaml
from yaml.representer import BaseRepresenter

#: How long the units are that lengths of time are told in, the largest first.
SECONDS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}

_LOOKS_LIKE_A_NUMBER = re.compile(r"[-+.]?[0-9]")


def plain(value: Any) -> Any:
    """The value as numbers, texts, lists and mappings, in the same order in each process."""
    for type_, as_plain in _PLAIN:
        if isinstance(value, type_):
            return as_plain(value)
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return plain(value.item()) if hasattr(value, "item") else str(value)  # numpy's numbers have an item


def duration(value: timedelta) -> dict[str, Any]:
    """The length of time in the largest unit that there is a whole number of, as the standard abbreviates it."""
    seconds = Decimal(value // timedelta(microseconds=1)) / 1_000_000
    unit = next((unit for unit, size in SECONDS.items() if seconds % size == 0), "s")
    return {"value": seconds / SECONDS[unit], "unit": unit}


def _fraction(value: float) -> Decimal | float:
    return Decimal(repr(float(value))) if abs(value) < float("inf") else float(value)


def _moment(value: datetime) -> str:
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat()


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): plain(one) for name, one in value.items() if one is not None}


def _values(value: Iterable[Any]) -> list[Any]:
    return sorted(map(plain, value), key=_order)  # nothing that is asked of values depends on their order


def _order(value: Any) -> tuple[int, Any, str]:
    is_number = isinstance(value, int | float | Decimal)
    return (0, value, "") if is_number else (1, 0, repr(value))


#: The first that fits is taken: an enumeration's members are texts or numbers too, a datetime is a date.
_PLAIN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: plain(value.value)),
    (str, str),  # numpy has texts of its own
    ((int, Decimal, type(None)), lambda value: value),
    (float, _fraction),
    (re.Pattern, lambda value: value.pattern),
    (timedelta, duration),
    (datetime, _moment),
    (date, date.isoformat),
    (Mapping, _mapping),
    (Iterable, _values),
)


class OneLine(dict[str, Any]):
    """A mapping that is written on one line."""


def _write_decimal(dumper: BaseRepresenter, value: Decimal) -> yaml.Node:
    text = format(value, "f")
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def _write_text(dumper: BaseRepresenter, value: str) -> yaml.Node:
    """Quoted where other readers of YAML would take it for a number, as they do a version such as 123e45678901."""
    style = "'" if _LOOKS_LIKE_A_NUMBER.match(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _write_on_one_line(dumper: BaseRepresenter, value: OneLine) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


def _read_fraction(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal | float:
    try:
        return Decimal(str(node.value))
    except InvalidOperation:
        return float(loader.construct_yaml_float(node))


class ExportDumper(yaml.SafeDumper):
    """Writes decimals digit by digit, and what repeats without references, which people cannot read."""

    yaml_representers: ClassVar = {
        **yaml.SafeDumper.yaml_representers,
        Decimal: _write_decimal,
        str: _write_text,
        OneLine: _write_on_one_line,
    }

    def ignore_aliases(self, data: Any) -> bool:
        """Everything is written out where it stands."""
        del data
        return True


class ExportLoader(yaml.SafeLoader):
    """Reads every fraction as the decimal that was written."""

    yaml_constructors: ClassVar = {
        **yaml.SafeLoader.yaml_constructors,
        "tag:yaml.org,2002:float": _read_fraction,
    }
