"""This room's rules: a pandera check → a Spark column that is true where a value keeps it.

Nulls keep every rule (pandera's `ignore_na`): whether a value may be missing is the contract's own question.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pandera.pandas as pa
from pyspark.sql import Column
from pyspark.sql import functions as F

from dataops_platform.core.contract import ContractColumn, TableContract
from dataops_platform.core.rules import Reference, Required, RowRule
from dataops_platform.core.verdict import valid
from dataops_platform.errors import ContractProblem
from dataops_platform.quality import bounds, references
from dataops_platform.quality.patterns import portable

Statistics = dict[str, Any]


def _in_range(field: ContractColumn, s: Statistics) -> Column:
    low = bounds.at_least if s.get("include_min", True) else bounds.more_than
    high = bounds.at_most if s.get("include_max", True) else bounds.less_than
    return low(field, s["min_value"]) & high(field, s["max_value"])


def _matches(field: ContractColumn, s: Statistics, start: str = "") -> Column:
    return F.col(field.name).rlike(portable(s["pattern"], start=start))


def _length_in_range(field: ContractColumn, s: Statistics) -> Column:
    length = F.char_length(F.col(field.name))
    if s.get("exact_value") is not None:
        return length == F.lit(s["exact_value"])
    low = length >= s["min_value"] if s.get("min_value") is not None else F.lit(True)
    high = length <= s["max_value"] if s.get("max_value") is not None else F.lit(True)
    return low & high


_KEPT: dict[str, Callable[[ContractColumn, Statistics], Column]] = {
    "greater_than_or_equal_to": lambda field, s: bounds.at_least(field, s["min_value"]),
    "greater_than": lambda field, s: bounds.more_than(field, s["min_value"]),
    "less_than_or_equal_to": lambda field, s: bounds.at_most(field, s["max_value"]),
    "less_than": lambda field, s: bounds.less_than(field, s["max_value"]),
    "equal_to": lambda field, s: bounds.is_one_of(field, [s["value"]]),
    "not_equal_to": lambda field, s: ~bounds.is_one_of(field, [s["value"]]),
    "in_range": _in_range,
    "isin": lambda field, s: bounds.is_one_of(field, s["allowed_values"]),
    "notin": lambda field, s: ~bounds.is_one_of(field, s["forbidden_values"]),
    "str_matches": lambda field, s: _matches(field, s, start="^"),
    "str_contains": _matches,
    "str_startswith": lambda field, s: F.col(field.name).startswith(s["string"]),
    "str_endswith": lambda field, s: F.col(field.name).endswith(s["string"]),
    "str_length": _length_in_range,
}


def broken_rules(contract: TableContract) -> list[tuple[str, Column]]:
    """Every rule about a row: the reason why a row that breaks it is not accepted, and a column that is true for it.

    Raises:
        ContractProblem: a check that has no meaning row by row, or that the platform does not know.
    """
    about_one = [
        (f"{valid(field.name)}: {_text(check)}", ~kept(contract.name, field, check))
        for field in contract.fields
        for check in field.checks
    ]
    return about_one + [
        (f"{rule.check}: breaks {rule.meaning}", _broken(rule)) for rule in contract.row_rules
    ]


def _broken(rule: RowRule) -> Column:
    if isinstance(rule, Required):
        return F.col(rule.when).isin(*rule.equals) & F.col(rule.column).isNull()
    if isinstance(rule, Reference):
        return references.is_broken(rule)
    return ~_COMPARED[rule.operator](F.col(rule.left), F.col(rule.right))


_COMPARED: dict[str, Callable[[Column, Column], Column]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


def refuse_unjudgeable(contract: TableContract) -> None:
    """Definitions load only with rules that can be judged row by row; see `broken_rules`.

    Raises:
        ContractProblem: a rule that would silently not be judged; the message names table, column and rule.
    """
    for field in contract.fields:
        column = contract.columns[field.name]
        for check in field.checks:
            if check.name not in _KEPT:
                raise _unknown(contract.name, field, check)
            if not check.ignore_na:
                raise ContractProblem(
                    f"Table {contract.name}: the check {check.name} of column {field.name} has ignore_na=False. "
                    "Write nullable=False for the column: that is what decides about nulls."
                )
        if column.unique:
            raise ContractProblem(
                f"Table {contract.name}: column {field.name} has unique=True. Name it in the key: keys are unique."
            )
        _refuse_contradictions(contract.name, field)


def _refuse_contradictions(table: str, field: ContractColumn) -> None:
    """No value can keep rules that contradict each other: every row would go to quarantine."""
    lows, highs = [], []
    for check in field.checks:
        s = check.statistics or {}
        if check.name in {"greater_than_or_equal_to", "greater_than"}:
            lows.append((s["min_value"], check.name == "greater_than"))
        if check.name in {"less_than_or_equal_to", "less_than"}:
            highs.append((s["max_value"], check.name == "less_than"))
        if check.name == "in_range":
            lows.append((s["min_value"], not s.get("include_min", True)))
            highs.append((s["max_value"], not s.get("include_max", True)))
        if check.name == "equal_to":
            lows.append((s["value"], False))
            highs.append((s["value"], False))
    for low, excludes_low in lows:
        for high, excludes_high in highs:
            if low > high or (low == high and (excludes_low or excludes_high)):
                raise ContractProblem(
                    f"Table {table}: no value of column {field.name} can keep all its checks: one asks for at least "
                    f"{low}, another for at most {high}. Remove or correct one of them."
                )


def _unknown(table: str, field: ContractColumn, check: pa.Check) -> ContractProblem:
    return ContractProblem(
        f"Table {table}: column {field.name} has the check {check.name!r}, which cannot be judged row by row. "
        f"Use one of {', '.join(sorted(_KEPT))}."
    )


def kept(table: str, field: ContractColumn, check: pa.Check) -> Column:
    """True where the value keeps the check, null where the value is null."""
    rule = _KEPT.get(check.name or "")
    if rule is None:
        raise _unknown(table, field, check)
    return rule(field, check.statistics or {})


def _text(check: pa.Check) -> str:
    """What was broken, in the rule's own words; patterns and bounds are the contract's, never the row's."""
    return f"breaks {check.error or check.name}"
