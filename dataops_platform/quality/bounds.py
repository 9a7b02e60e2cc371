"""This room's bounds: a column compared with a value of any number type, as Python compares them.

An engine widens both sides to a type that holds either, rounds or fails where there is none (decimal(38,0) and 0.5).
So a number that the column cannot hold gives way to its neighbour that it can, which changes no answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataops_platform.core.contract import ContractColumn


def at_least(field: ContractColumn, bound: Any) -> Column:
    """True where the value is the bound or more, null where there is no value."""
    return ~less_than(field, bound)


def at_most(field: ContractColumn, bound: Any) -> Column:
    """True where the value is the bound or less, null where there is no value."""
    return ~more_than(field, bound)


def less_than(field: ContractColumn, bound: Any) -> Column:
    """True where the value is less than the bound, null where there is no value."""
    value = F.col(field.name)
    if not _is_counted(field, bound):
        return value < F.lit(_one_zero(bound))
    units = bound if math.isinf(bound) else math.ceil(_units(field, bound))
    return _always(value, is_so=units > 0) if abs(units) > _most(field) else value < _literal(field, units)


def more_than(field: ContractColumn, bound: Any) -> Column:
    """True where the value is more than the bound, null where there is no value."""
    value = F.col(field.name)
    if not _is_counted(field, bound):
        return value > F.lit(_one_zero(bound))
    units = bound if math.isinf(bound) else math.floor(_units(field, bound))
    return _always(value, is_so=units < 0) if abs(units) > _most(field) else value > _literal(field, units)


def is_one_of(field: ContractColumn, allowed: Iterable[Any]) -> Column:
    """True where the value is among those allowed, null where there is no value.

    In SQL a null among the allowed makes every answer unknown; null is never judged here, so it is left out.
    """
    value = F.col(field.name)
    known = [_held(field, one) for one in allowed if one is not None]
    held = [one for one in known if one is not None]
    return value.isin(*held) if held else _always(value, is_so=False)


def _held(field: ContractColumn, one: Any) -> Any:
    if not _is_counted(field, one):
        return _one_zero(one)
    if math.isinf(one):
        return None
    units = _units(field, one)
    return _literal(field, int(units)) if units.denominator == 1 and abs(units) <= _most(field) else None


def _one_zero(bound: Any) -> Any:
    """The bound, whose -0.0 is 0.0: to the embedded engine those are two numbers, and values have the second only."""
    return bound + 0.0 if isinstance(bound, float) else bound


def _is_counted(field: ContractColumn, bound: Any) -> bool:
    return field.kind in {"decimal", "integer"} and isinstance(bound, int | float | Decimal)


def _units(field: ContractColumn, bound: Any) -> Fraction:
    return Fraction(bound) * int(10**field.scale)


def _most(field: ContractColumn) -> int:
    return int(10**field.precision - 1) if field.kind == "decimal" else 2**63 - 1


def _literal(field: ContractColumn, units: int) -> Column:
    if field.kind == "integer":
        return F.lit(units).cast(field.spark_type)
    digits = tuple(int(digit) for digit in str(abs(units)))
    return F.lit(Decimal((int(units < 0), digits, -field.scale))).cast(field.spark_type)


def _always(value: Column, *, is_so: bool) -> Column:
    return F.when(value.isNotNull(), F.lit(is_so))
