"""The table that the rules are about: orders, with as many rules as are asked for; each rule is another one."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandera.pandas as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import Date, Money, Table, TableContract

MOST_RULES = 200
STATUSES = ("OPEN", "PAID", "SHIPPED", "RETURNED")
DOMAINS = ("example.com", "mail.example.org", "post.example.net")

_TYPES = {
    "order_id": str,
    "email": str,
    "phone": str,
    "status": str,
    "quantity": int,
    "points": int,
    "price": Money,
    "tax": Money,
    "ordered_date": Date,
    "shipped_date": Date,
}
_CRITICAL = ("order_id", "ordered_date")
#: Every fourth rule is a pattern. `%d` makes another of it, which the sound rows keep as well.
_EVERY_FOURTH = 4
_PATTERNS = {
    "email": (
        r"[^@ ]{1,%d}@[^@ ]+\.[a-z]{2,}$",
        r"[a-z0-9._+-]+@(?:[a-z0-9-]+\.){1,%d}[a-z]{2,6}$",
        r"[a-z]+\.[a-z]+[0-9]{1,%d}@(?:mail|post)?\.?example\.(?:com|org|net)$",
    ),
    "order_id": (r"O[0-9]{10,%d}$", r"[A-Z]{1,%d}[0-9]+$", r"[^a-z ]{2,%d}$"),
    "phone": (
        r"\+[0-9]{1,3}(?: [0-9]{1,%d}){1,3}$",
        r"\+?[0-9 ]{5,%d}$",
        r"(?:\+49|\+33|\+%d)[ -][0-9]+[ -][0-9]+$",
    ),
    "status": (r"(?:OPEN|PAID|SHIPPED|RETURNED){1,%d}$", r"[A-Z]{4,%d}$", r"[OPSR][A-Z]{1,%d}$"),
}
#: Least and most of what the sound rows hold.
_RANGES: Mapping[str, tuple[Any, Any]] = {
    "quantity": (1, 99),
    "price": (Decimal("0.01"), Decimal("999.99")),
    "ordered_date": (date(2023, 1, 1), date(2023, 12, 31)),
    "points": (0, 9_999),
    "tax": (Decimal("0.00"), Decimal("99.99")),
    "shipped_date": (date(2023, 1, 1), date(2024, 1, 31)),
}
_TEXTS = {
    "order_id": pa.Check.str_startswith("O"),
    "email": pa.Check.str_length(6, 80),
    "phone": pa.Check.str_startswith("+"),
}


def orders(rules: int) -> Table:
    """The table of orders, with the first so many of its rules."""
    asked = _rules()[:rules]
    contract = TableContract(
        name="orders",
        description="One row for each order.",
        owner="team:sales",
        key=("order_id",),
        event_date="ordered_date",
        public=("status", "quantity", "points", "price", "tax", "ordered_date", "shipped_date"),
        columns={
            name: pa.Column(
                declared, [rule for column, rule in asked if column == name], nullable=name not in _CRITICAL
            )
            for name, declared in _TYPES.items()
        },
    )
    return Table(contract, _cleanse)


def _cleanse(rows: DataFrame) -> DataFrame:
    return rows.withColumns({"email": F.lower("email"), "status": F.upper("status")})


def _rules() -> Sequence[tuple[str, pa.Check]]:
    """Column and check; the first five find every broken row there is."""
    patterns, others = iter(_pattern_rules()), iter(_other_rules())
    return [
        next(patterns if number % _EVERY_FOURTH == _EVERY_FOURTH - 1 else others)
        for number in range(MOST_RULES)
    ]


def _pattern_rules() -> Sequence[tuple[str, pa.Check]]:
    columns = tuple(_PATTERNS)
    found = []
    for number in range(MOST_RULES // _EVERY_FOURTH):
        column, turn = columns[number % len(columns)], number // len(columns)
        shapes = _PATTERNS[column]
        found.append((column, pa.Check.str_matches(shapes[turn % len(shapes)] % (40 + turn))))
    return found


def _other_rules() -> Sequence[tuple[str, pa.Check]]:
    columns = ("status", *_RANGES, *_TEXTS)
    turns = range(-(-MOST_RULES // len(columns)))
    return [
        (column, _range_rule(*_RANGES[column], turn) if column in _RANGES else _text_rule(column, turn))
        for turn in turns
        for column in columns
    ]


def _range_rule(least: Any, most: Any, turn: int) -> pa.Check:
    step = timedelta(turn) if isinstance(least, date) else turn
    beyond = timedelta(1000) if isinstance(least, date) else 1000
    low, high = least - step, most + step
    shapes = (
        lambda: pa.Check.ge(low),
        lambda: pa.Check.le(high),
        lambda: pa.Check.in_range(low, high),
        lambda: pa.Check.ne(high + beyond),
        lambda: pa.Check.notin([low - beyond, high + beyond]),
    )
    return shapes[turn % len(shapes)]()


def _text_rule(column: str, turn: int) -> pa.Check:
    if turn == 0:
        return _TEXTS.get(column) or pa.Check.isin(STATUSES)
    shapes = (
        lambda: pa.Check.str_length(1, 80 + turn),
        lambda: pa.Check.ne(f"unknown-{turn}"),
        lambda: pa.Check.notin([f"none-{turn}", f"test-{turn}"]),
    )
    return shapes[turn % len(shapes)]()
