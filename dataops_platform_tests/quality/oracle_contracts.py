"""This file holds generated columns of every kind: their checks, and texts that land in them, hostile ones included."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandera.pandas as pandera
from hypothesis import strategies as st
from pandera.engines import pandas_engine

from dataops_platform.core.contract import Date, Timestamp

Check = pandera.Check
Checks = st.SearchStrategy[pandera.Check]


@dataclass(frozen=True)
class Kind:
    """What there is to generate of one kind of column.

    Attributes:
        hostile: texts at the edges of what converts, and beyond them.
        ordinary: texts of which most convert.
        checks: checks of such a column.
        format: how it is written, where that is not ISO.
    """

    declared: Any
    hostile: Sequence[str]
    ordinary: st.SearchStrategy[str]
    checks: Checks
    format: str | None = None


#: No kind but text reads these, and text reads them as they are.
NO_VALUES = ["", "  ", "\u00a0", "\t", "NaN", "nan", "null", "inf", "-Infinity", "no such thing", "\u0663"]
_WORDS = ["a", "ab", " ab ", "ab\n", "AB", "b\na", "é", "e\u0301", "😀a", "\uffff", "\U00010000", "\0", "*("]
_WORDS += ["K", "\u017f"]
_INTEGERS = ["0", "-0", "+7", "007", " 42 ", "9" * 18, "-" + "9" * 18, "1" + "0" * 18, "9223372036854775808"]
_INTEGERS += ["1.0", "1e3", "1_0", "0x1f", "--1", "7\n"]
_DOUBLES = ["0.0", "-0.0", "-0", "0.1", ".5", "5.", " 1e3 ", "1E-3", "5e-324", "1e-400", "-1e-400", "1e999"]
_DOUBLES += [
    "-1e999",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "9007199254740993",
    "1,5",
    "1e",
    ".",
]
_DOUBLES += ["e5", "0.5\n", "--1"]
_TRUTHS = ["true", "TRUE", " False ", "t", "F", "yes", "No", "1", "0"]
#: A long s is an s to a pattern without regard to case, and in no other way.
_BOOLEANS = [*_TRUTHS, "2", "ye\u017f", "fal\u017fe", "truee", "01"]
_DATES = ["0001-01-01", "9999-12-31", "2024-02-29", "1969-12-31", " 1970-01-01 ", "0000-12-31", "10000-01-01"]
_DATES += ["2023-02-29", "1900-02-29", "2026-04-31", "20260102", "2026-1-2", "-2026-01-02", "2026-01-02\n"]
_DATES += ["2026-01-02 00:00:00"]
_TIMES = ["0001-01-01 00:00:00", "0001-01-01 00:00:00+00:01", "9999-12-31T23:59:59.999999Z", "2026-01-02"]
_TIMES += ["9999-12-31 23:59:59-00:01", " 2026-01-02 03:04 ", "2026-01-02 23:59:60", "2026-01-02 24:00:00"]
_TIMES += ["1969-12-31 23:59:59.999999", "2026-01-02 03:04:05.1234567", "2023-02-29 00:00:00", "2026-01-02 3"]
_ENDINGS = ["Z", "+18:00", "-18:00", "+18:01", "+02:60", " CET", "z", "+02"]
_TIMES += [f"2026-01-02 03:04:05{ending}" for ending in _ENDINGS]
_DOTTED = ["01.01.0001", "31.12.9999", "01.01.0000", "29.02.2023", "1.2.2026", "2026-01-02", "31.12.20255"]
_MINUTES = ["0001/01/01 00:00", "9999/12/31 23:59", "0000/01/01 00:00", "2026/01/02 24:00", "2026/1/2 03:04"]
_MINUTES += ["2026/01/02"]

_INTEGER_BOUNDS = st.one_of(
    st.integers(-50, 50),
    st.sampled_from([0.5, -0.5, 6.5]),
    st.sampled_from([0, 10**18 - 1, 1 - 10**18, 2**63, 10**19]),
)
_DOUBLE_BOUNDS = st.floats(allow_nan=False) | st.sampled_from(
    [0, 0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308]
)
_DAYS = st.dates() | st.sampled_from([date.min, date.max, date(1969, 12, 31), date(2024, 2, 29)])
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))])
_ENDS = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
#: A bound in another offset is taken a day from the ends of the calendar, where Python cannot compare it.
_MOMENTS = st.sampled_from(_ENDS) | st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=_ZONES,
)


def _in_range(ends: Sequence[Any], *, include_min: bool, include_max: bool) -> pandera.Check:
    low, high = sorted(ends)
    is_point = low == high  # pandera refuses a range that nothing is in
    return Check.in_range(low, high, include_min or is_point, include_max or is_point)


def _equal_to(values: st.SearchStrategy[Any]) -> Checks:
    lists = st.lists(st.none() | values, max_size=4)
    of_one = [st.builds(check, values) for check in (Check.eq, Check.ne)]
    return st.one_of(st.builds(Check.isin, lists), st.builds(Check.notin, lists), *of_one)


def _compared_with(bounds: st.SearchStrategy[Any]) -> Checks:
    of_one = [st.builds(check, bounds) for check in (Check.ge, Check.gt, Check.le, Check.lt)]
    ends, flag = st.lists(bounds, min_size=2, max_size=2), st.booleans()
    return st.one_of(
        _equal_to(bounds), *of_one, st.builds(_in_range, ends, include_min=flag, include_max=flag)
    )


#: Python and the engine agree on these; on \w, \s and \b they do not, and lookaround the engine does not have.
_ATOMS = st.sampled_from(
    ["a", "b", "A", "é", "😀", r"\*", r"\(", ".", "[a-c]", "[^a]", r"\d", "(?:a|b)", "(?:ab)"]
)
_QUANTIFIED = st.builds(str.__add__, _ATOMS, st.sampled_from(["", "", "?", "*", "+", "{1,2}", "+?"]))
_SEQUENCES = st.lists(_QUANTIFIED, min_size=1, max_size=3).map("".join)
_PATTERNS = st.builds(
    lambda start, options, end: start + "|".join(options) + end,
    st.sampled_from(["", "", "^"]),
    st.lists(_SEQUENCES, min_size=1, max_size=2),
    st.sampled_from(["", "$"]),
)
_COMPILED = st.builds(re.compile, _PATTERNS, st.sampled_from([re.IGNORECASE, re.IGNORECASE, re.DOTALL, 0]))
_LETTERS = st.text(st.sampled_from("abA é😀*(\n") | st.characters(codec="utf-8"), max_size=4)


_LENGTHS = st.integers(0, 3)
_MATCHED = st.one_of(
    *(st.builds(check, _PATTERNS | _COMPILED) for check in (Check.str_matches, Check.str_contains))
)
_SHAPED: Checks = st.one_of(
    st.builds(Check.str_startswith, _LETTERS),
    st.builds(Check.str_endswith, _LETTERS),
    st.builds(lambda least, more: Check.str_length(least, least + more), _LENGTHS, _LENGTHS),
    st.builds(lambda least: Check.str_length(min_value=least), _LENGTHS),
    st.builds(lambda most: Check.str_length(max_value=most), _LENGTHS),
    st.builds(lambda exact: Check.str_length(exact_value=exact), _LENGTHS),
)


def _exactly(units: int, scale: int) -> Decimal:
    """So many of the smallest units, without the rounding that arithmetic with decimals does."""
    return Decimal((int(units < 0), tuple(int(digit) for digit in str(abs(units))), -scale))


def _decimals(precision: int, scale: int) -> Kind:
    """Decimals of that size, whose bounds may be finer or larger than the column holds."""
    largest, beyond = 10**precision - 1, 10**precision
    hostile = [format(_exactly(units, scale), "f") for units in (largest, -largest, beyond, 0, 1)]
    hostile += [format(_exactly(largest * 10 + units, scale + 1), "f") for units in (0, 1)]
    hostile += ["-0", "+0.", "5.", "0.000", ".5", "1e3", "007", "1_0", "1,5", "0\n", "0" * 40 + "1"]
    units = st.integers(-largest, largest) | st.integers(-150, 150)
    near: list[Any] = [_exactly(n, scale) for n in (0, 1, largest, -largest, beyond)]
    near += [0, 1, 10 ** (precision - scale), Decimal("1E+2"), Decimal("-0")]
    # Never floats: 0.1 is more than a tenth, which is not what the author of a rule about decimals means.
    finer = [_exactly(n, scale + 1) for n in (5, -5, largest * 10 + 5)]
    bounds = st.one_of(st.sampled_from(near), st.sampled_from(finer), units.map(lambda n: _exactly(n, scale)))
    written = units.map(lambda n: format(_exactly(n, scale), "f"))
    return Kind(pandas_engine.Decimal(precision, scale), hostile, written, _compared_with(bounds))


def _dotted(day: date) -> str:
    return f"{day:%d.%m.}{day.year:04}"  # of early years, strftime leaves the zeros out


def _to_the_minute(at: datetime) -> str:
    return f"{at.year:04}{at:/%m/%d %H:%M}"


_SIZES = st.sampled_from([(1, 0), (5, 5), (9, 4), (38, 0), (38, 18), (38, 38), (19, 1)])
_ISO_TIMES = st.datetimes(timezones=st.none() | _ZONES).map(str)
_COMPARED_DAYS, _COMPARED_MOMENTS = _compared_with(_DAYS), _compared_with(_MOMENTS)
#: What any column may be, by the name that a column of the kind has here.
KINDS: Mapping[str, st.SearchStrategy[Kind]] = {
    "word": st.just(Kind(str, _WORDS, _LETTERS, _compared_with(st.sampled_from(_WORDS) | _LETTERS))),
    "pattern": st.just(Kind(str, _WORDS, _LETTERS, _MATCHED)),
    "shape": st.just(Kind(str, _WORDS, _LETTERS, _SHAPED)),
    "number": st.just(Kind(int, _INTEGERS, st.integers(-60, 60).map(str), _compared_with(_INTEGER_BOUNDS))),
    "ratio": st.just(
        Kind(float, _DOUBLES, st.floats(allow_nan=False).map(repr), _compared_with(_DOUBLE_BOUNDS))
    ),
    "is_on": st.just(Kind(bool, _BOOLEANS, st.sampled_from(_TRUTHS), _equal_to(st.booleans()))),
    "day": st.just(Kind(Date, _DATES, st.dates().map(str), _COMPARED_DAYS)),
    "moment": st.just(Kind(Timestamp, _TIMES, _ISO_TIMES, _COMPARED_MOMENTS)),
    "dotted_day": st.just(Kind(Date, _DOTTED, st.dates().map(_dotted), _COMPARED_DAYS, "dd.MM.yyyy")),
    "minute": st.just(
        Kind(Timestamp, _MINUTES, st.datetimes().map(_to_the_minute), _COMPARED_MOMENTS, "yyyy/MM/dd HH:mm")
    ),
    "money": st.just(_decimals(18, 2)),
    "amount": _SIZES.map(lambda size: _decimals(*size)),
}
