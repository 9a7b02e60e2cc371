"""Conversions: what each kind of column takes, and that nothing that does not convert is silently null."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandera.pandas as pandera
import pyarrow as pa
import pytest

from dataops_platform.core.contract import Date, Money, Timestamp
from dataops_platform.quality.conversion import converted
from dataops_platform.quality.judgement import judged, reasons
from dataops_platform_tests.quality.landed_rows import bronze, readings

NOTHING = None


def at(hour, minute, second=0, microsecond=0):
    return datetime(2026, 1, 2, hour, minute, second, microsecond, tzinfo=UTC)


TEXTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "text": (str, {" a b ": "a b", "é": "é", "NaN": "NaN", "1,5": "1,5"}),
    "date": (
        Date,
        {
            "2026-01-02": date(2026, 1, 2),
            " 2026-01-02 ": date(2026, 1, 2),
            "2024-02-29": date(2024, 2, 29),
            "0001-01-01": date(1, 1, 1),
            "2026-02-31": NOTHING,
            "2025-02-29": NOTHING,
            "2026-13-01": NOTHING,
            "99999-01-01": NOTHING,
            "2026-1-2": NOTHING,
            "20260102": NOTHING,
            "02.01.2026": NOTHING,
            "2026-01-02 03:04:05": NOTHING,
            "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0662": NOTHING,
            "": NOTHING,
        },
    ),
    "timestamp": (
        Timestamp,
        {
            "2026-01-02 03:04:05": at(3, 4, 5),
            "2026-01-02T03:04:05": at(3, 4, 5),
            "2026-01-02T03:04:05Z": at(3, 4, 5),
            "2026-01-02T05:04:05+02:00": at(3, 4, 5),
            "2026-01-02 03:04": at(3, 4),
            "2026-01-02 03:04:05.123456": at(3, 4, 5, 123456),
            "2026-02-31 03:04:05": NOTHING,
            "2026-01-02 25:00:00": NOTHING,
            "99999-01-02 03:04:05": NOTHING,
            "2026-01-02 03:04:05 CET": NOTHING,
            "": NOTHING,
        },
    ),
    "money": (
        Money,
        {
            "12.34": Decimal("12.34"),
            " 7.10 ": Decimal("7.10"),
            "5.": Decimal("5.00"),
            "+3": Decimal("3.00"),
            "-0.01": Decimal("-0.01"),
            "007": Decimal("7.00"),
            "12.3400": Decimal("12.34"),
            "9999999999999999.99": Decimal("9999999999999999.99"),
            "12.345": NOTHING,
            "10000000000000000": NOTHING,
            "1,5": NOTHING,
            ".50": NOTHING,
            "1e3": NOTHING,
            "NaN": NOTHING,
            "Infinity": NOTHING,
            "1_000": NOTHING,
            "0x10": NOTHING,
            "5 €": NOTHING,
            "": NOTHING,
        },
    ),
    "integer": (
        int,
        {
            " 42 ": 42,
            "+3": 3,
            "-1": -1,
            "999999999999999999": 999999999999999999,
            "9999999999999999999": NOTHING,
            "1.0": NOTHING,
            "1e3": NOTHING,
            "": NOTHING,
        },
    ),
    "double": (
        float,
        {
            "1.5": 1.5,
            ".50": 0.5,
            "5.": 5.0,
            "1e3": 1000.0,
            "1,5": NOTHING,
            "NaN": NOTHING,
            "inf": NOTHING,
            "1e999": NOTHING,
            "": NOTHING,
        },
    ),
    "boolean": (
        bool,
        {"true": True, " FALSE ": False, "Yes": True, "no": False, "1": True, "2": NOTHING, "": NOTHING},
    ),
}


def judge_texts(engine, declared, texts):
    """What each text becomes, with the reasons of its row."""
    table = readings(value=pandera.Column(declared, nullable=True))
    rows = bronze(engine.session, table, [{"value": text} for text in texts])
    found = judged(rows, table).orderBy("_position").toArrow().to_pylist()
    return [(row["value"], reasons(table.contract).of(row)) for row in found]


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_becomes_the_value_it_writes_or_its_row_says_that_it_does_not_convert(engine, kind):
    declared, expected = TEXTS[kind]

    found = judge_texts(engine, declared, expected)

    values = dict(zip(expected, (value for value, _ in found), strict=True))
    told = {
        text
        for text, (_, told) in zip(expected, found, strict=True)
        if any(reason.startswith("value_is_valid: is ") for reason in told)
    }
    assert values == expected
    assert told == {text for text, value in expected.items() if value is NOTHING}


def test_what_did_not_land_is_null_without_a_reason(engine):
    for declared, _ in TEXTS.values():
        assert judge_texts(engine, declared, [None]) == [(None, ())]


@pytest.mark.parametrize(
    ("declared", "written_as", "expected"),
    [
        (
            Date,
            "dd.MM.yyyy",
            {"31.12.2025": date(2025, 12, 31), " 31.12.2025 ": date(2025, 12, 31), "2025-12-31": NOTHING}
            | dict.fromkeys(["31.02.2026", "1.2.2026", "31.12.25", "31.12.2025x", "31.12.99999"], NOTHING),
        ),
        (
            Timestamp,
            "yyyy/MM/dd HH:mm",
            {"2026/01/02 03:04": at(3, 4), "2026/01/02": NOTHING, "2026/01/02 25:04": NOTHING},
        ),
    ],
    ids=["date", "timestamp"],
)
def test_a_named_format_is_the_only_one_that_converts(engine, declared, written_as, expected):
    table = readings(value=pandera.Column(declared, nullable=True))
    column = replace(table.contract.fields[-1], format=written_as)
    texts = engine.session.createDataFrame(pa.table({"value": list(expected)}))

    found = texts.select(converted(column).alias("value")).toArrow()["value"].to_pylist()

    assert dict(zip(expected, found, strict=True)) == expected
