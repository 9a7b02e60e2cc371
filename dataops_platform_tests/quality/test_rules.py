"""Rules: each is judged as pandera judges it on pandas, nulls included; what cannot be judged is refused."""

import datetime as dt
import re
from decimal import Decimal

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from dataops_platform.core.contract import Date, Money
from dataops_platform.errors import ContractProblem
from dataops_platform.quality.rules import broken_rules, refuse_unjudgeable
from dataops_platform_tests.quality.landed_rows import readings

WORDS = ["", "a", "ab", "abc", "abcd", "ABC", "xaby", "é€", "a b", "*", None]
#: What is a digit, a letter, a space or the end of a line to one regular expression and not to the other.
WORDS += ["\u0663", "\u2028", "\r", "\x85", "\n", "ab\n", "a\u0301", "s", "a["]
NUMBERS = [-2, -1, 0, 1, 2, 3, 4, None]
AMOUNTS = [Decimal(text) for text in ("-0.01", "0.00", "0.01", "0.10", "1.00", "9999999999999999.99")] + [
    None
]
DAYS = [dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2026, 1, 2), None]

CHECKS = {
    str: (
        WORDS,
        pa.string(),
        [
            pandera.Check.eq("ab"),
            pandera.Check.ne("ab"),
            pandera.Check.isin(["a", "ab"]),
            pandera.Check.isin(["a", None]),
            pandera.Check.isin({"a", "ab"}),
            pandera.Check.notin(["a", "ab"]),
            pandera.Check.notin(["a", None]),
            pandera.Check.notin([]),
            pandera.Check.str_matches("a"),
            pandera.Check.str_matches("b"),
            pandera.Check.str_matches("x|ab$"),
            pandera.Check.str_matches(r"^[a-c]{2,3}$"),
            pandera.Check.str_matches(r"\*"),
            pandera.Check.str_matches(re.compile("ab")),
            pandera.Check.str_contains("b"),
            pandera.Check.str_contains("^a|c$"),
            pandera.Check.str_contains(r"^\d$"),
            pandera.Check.str_contains(r"^.$"),
            pandera.Check.str_contains(r"\w\b"),
            pandera.Check.str_contains(r"[^\W\d]"),
            pandera.Check.str_matches(r"(?P<the_first>a)[b[]"),
            pandera.Check.str_contains(re.compile("\u017f", re.IGNORECASE)),
            pandera.Check.str_contains(re.compile("^.$", re.DOTALL)),
            pandera.Check.str_contains(r"b\Z"),
            pandera.Check.str_startswith("a"),
            pandera.Check.str_startswith("*"),
            pandera.Check.str_endswith("b"),
            pandera.Check.str_length(1, 2),
            pandera.Check.str_length(min_value=2),
            pandera.Check.str_length(max_value=2),
            pandera.Check.str_length(exact_value=3),
        ],
    ),
    int: (
        NUMBERS,
        pa.int64(),
        [
            pandera.Check.ge(1),
            pandera.Check.gt(1),
            pandera.Check.le(1),
            pandera.Check.lt(1),
            pandera.Check.eq(0),
            pandera.Check.ne(0),
            pandera.Check.in_range(0, 3),
            pandera.Check.in_range(0, 3, include_min=False),
            pandera.Check.in_range(0, 3, include_max=False),
            pandera.Check.isin([0, 3]),
            pandera.Check.notin((0, 3)),
        ],
    ),
    float: (
        [-1.5, 0.0, 1.5, None],
        pa.float64(),
        [
            pandera.Check.gt(-0.0),
            pandera.Check.ge(-0.0),
            pandera.Check.eq(-0.0),
            pandera.Check.isin([-0.0, 1.5]),
            pandera.Check.notin([-0.0]),
        ],
    ),
    Money: (
        AMOUNTS,
        pa.decimal128(18, 2),
        [
            pandera.Check.ge(0),
            pandera.Check.gt(0),
            pandera.Check.le(Decimal("0.10")),
            pandera.Check.lt(Decimal("9999999999999999.99")),
            pandera.Check.in_range(Decimal("0.01"), 1),
            pandera.Check.isin([Decimal("0.10"), 1]),
        ],
    ),
    Date: (
        DAYS,
        pa.date32(),
        [
            pandera.Check.ge(dt.date(2026, 1, 1)),
            pandera.Check.in_range(dt.date(2026, 1, 1), dt.date(2026, 1, 1)),
            pandera.Check.isin([dt.date(2026, 1, 2)]),
        ],
    ),
}
EVERY_CHECK = [(declared, check) for declared, (_, _, checks) in CHECKS.items() for check in checks]


def refused_by_pandera(check, values):
    """The positions of the values that pandera itself refuses."""
    try:
        pandera.SeriesSchema(None, check, nullable=True).validate(pd.Series(values, dtype=object), lazy=True)
    except SchemaErrors as error:
        return set(error.failure_cases["index"])
    return set()


def refused_here(engine, declared, arrow_type, check, values):
    """The positions of the values for which the rule's column is true."""
    told = pa.table({"n": range(len(values)), "value": pa.array(values, arrow_type)})
    rows = engine.session.createDataFrame(told)
    [(_, broken)] = broken_rules(readings(value=pandera.Column(declared, check, nullable=True)).contract)
    found = rows.select("n", broken.alias("is_broken")).toArrow().to_pylist()
    return {row["n"] for row in found if row["is_broken"]}


@pytest.mark.parametrize(
    ("declared", "check"), EVERY_CHECK, ids=[f"{n}-{check.name}" for n, (_, check) in enumerate(EVERY_CHECK)]
)
def test_a_rule_refuses_what_pandera_refuses(engine, declared, check):
    values, arrow_type, _ = CHECKS[declared]

    assert refused_here(engine, declared, arrow_type, check, values) == refused_by_pandera(check, values)


BOUNDS = st.integers(-3, 3)


@settings(max_examples=20)
@given(
    values=st.lists(st.none() | BOUNDS, min_size=1, max_size=6),
    check=st.one_of(
        st.builds(pandera.Check.ge, BOUNDS),
        st.builds(pandera.Check.ne, BOUNDS),
        st.builds(pandera.Check.isin, st.lists(st.none() | BOUNDS, min_size=1, max_size=3)),
        st.builds(pandera.Check.notin, st.lists(st.none() | BOUNDS, max_size=3)),
    ),
)
def test_a_rule_refuses_what_pandera_refuses_whatever_its_bounds(engine, values, check):
    found = refused_here(engine, int, pa.int64(), check, values)

    assert found == refused_by_pandera(check, values)


def test_every_check_that_is_understood_is_held_against_pandera():
    with pytest.raises(ContractProblem) as refusal:
        broken_rules(
            readings(
                value=pandera.Column(int, pandera.Check(lambda values: values > 0), nullable=True)
            ).contract
        )

    understood = set(str(refusal.value).split("Use one of ")[1].rstrip(".").split(", "))
    assert understood == {check.name for _, check in EVERY_CHECK}


@pytest.mark.parametrize(
    "check",
    [
        pandera.Check(lambda values: values > 0),
        pandera.Check(lambda values: values.mean() > 0, name="mean_is_positive"),
        pandera.Check.unique_values_eq([1, 2]),
    ],
    ids=["unnamed", "named", "of_the_whole_column"],
)
def test_a_check_that_cannot_be_judged_row_by_row_is_refused_with_table_column_and_what_may_be_used(check):
    contract = readings(value=pandera.Column(int, check, nullable=True)).contract

    with pytest.raises(
        ContractProblem, match=r"Table readings: column value has the check .* Use one of .*isin"
    ):
        broken_rules(contract)


def test_a_null_breaks_no_rule(engine):
    for declared, (_, arrow_type, checks) in CHECKS.items():
        for check in checks[:3]:
            assert not refused_here(engine, declared, arrow_type, check, [None])


@pytest.mark.parametrize(
    "checks",
    [
        [pandera.Check.ge(3), pandera.Check.le(2)],
        [pandera.Check.gt(3), pandera.Check.le(3)],
        [pandera.Check.in_range(1, 3), pandera.Check.lt(1)],
        [pandera.Check.eq(1), pandera.Check.eq(2)],
        [pandera.Check.in_range(1, 3, include_max=False), pandera.Check.ge(3)],
    ],
    ids=str,
)
def test_checks_that_no_value_can_keep_together_are_refused(checks):
    table = readings(value=pandera.Column(int, checks, nullable=True))

    with pytest.raises(ContractProblem, match="no value of column value can keep all its checks"):
        refuse_unjudgeable(table.contract)


@pytest.mark.parametrize(
    "checks",
    [
        [pandera.Check.ge(3), pandera.Check.le(3)],
        [pandera.Check.in_range(1, 3), pandera.Check.ge(3), pandera.Check.eq(3)],
    ],
    ids=str,
)
def test_checks_that_leave_one_value_are_no_contradiction(checks):
    refuse_unjudgeable(readings(value=pandera.Column(int, checks, nullable=True)).contract)
