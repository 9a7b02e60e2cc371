"""Rules: each is judged as pandera judges it on pandas, nulls included; what cannot be judged is refused."""

import datetime as dt
import re
from decimal import Decimal

import pandas as pd
import pandera.pandas as pa
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from dataops_platform.core.contract import Date, Money
from dataops_platform.errors import ContractProblem
from dataops_platform.quality.rules import broken_rules
from dataops_platform_tests.quality.landed_rows import readings

WORDS = ["", "a", "ab", "abc", "abcd", "ABC", "xaby", "é€", "a b", "*", None]
NUMBERS = [-2, -1, 0, 1, 2, 3, 4, None]
AMOUNTS = [Decimal(text) for text in ("-0.01", "0.00", "0.01", "0.10", "1.00", "9999999999999999.99")] + [
    None
]
DAYS = [dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2026, 1, 2), None]

CHECKS = {
    str: (
        WORDS,
        pyarrow.string(),
        [
            pa.Check.eq("ab"),
            pa.Check.ne("ab"),
            pa.Check.isin(["a", "ab"]),
            pa.Check.isin(["a", None]),
            pa.Check.isin({"a", "ab"}),
            pa.Check.notin(["a", "ab"]),
            pa.Check.notin(["a", None]),
            pa.Check.notin([]),
            pa.Check.str_matches("a"),
            pa.Check.str_matches("b"),
            pa.Check.str_matches("x|ab$"),
            pa.Check.str_matches(r"^[a-c]{2,3}$"),
            pa.Check.str_matches(r"\*"),
            pa.Check.str_matches(re.compile("ab")),
            pa.Check.str_contains("b"),
            pa.Check.str_contains("^a|c$"),
            pa.Check.str_startswith("a"),
            pa.Check.str_startswith("*"),
            pa.Check.str_endswith("b"),
            pa.Check.str_length(1, 2),
            pa.Check.str_length(min_value=2),
            pa.Check.str_length(max_value=2),
            pa.Check.str_length(exact_value=3),
        ],
    ),
    int: (
        NUMBERS,
        pyarrow.int64(),
        [
            pa.Check.ge(1),
            pa.Check.gt(1),
            pa.Check.le(1),
            pa.Check.lt(1),
            pa.Check.eq(0),
            pa.Check.ne(0),
            pa.Check.in_range(0, 3),
            pa.Check.in_range(0, 3, include_min=False),
            pa.Check.in_range(0, 3, include_max=False),
            pa.Check.isin([0, 3]),
            pa.Check.notin((0, 3)),
        ],
    ),
    Money: (
        AMOUNTS,
        pyarrow.decimal128(18, 2),
        [
            pa.Check.ge(0),
            pa.Check.gt(0),
            pa.Check.le(Decimal("0.10")),
            pa.Check.lt(Decimal("9999999999999999.99")),
            pa.Check.in_range(Decimal("0.01"), 1),
            pa.Check.isin([Decimal("0.10"), 1]),
        ],
    ),
    Date: (
        DAYS,
        pyarrow.date32(),
        [
            pa.Check.ge(dt.date(2026, 1, 1)),
            pa.Check.in_range(dt.date(2026, 1, 1), dt.date(2026, 1, 1)),
            pa.Check.isin([dt.date(2026, 1, 2)]),
        ],
    ),
}
EVERY_CHECK = [(declared, check) for declared, (_, _, checks) in CHECKS.items() for check in checks]


def refused_by_pandera(check, values):
    """The positions of the values that pandera itself refuses."""
    try:
        pa.SeriesSchema(None, check, nullable=True).validate(pd.Series(values, dtype=object), lazy=True)
    except SchemaErrors as error:
        return set(error.failure_cases["index"])
    return set()


def refused_here(engine, declared, arrow_type, check, values):
    """The positions of the values for which the rule's column is true."""
    told = pyarrow.table({"n": range(len(values)), "value": pyarrow.array(values, arrow_type)})
    rows = engine.session.createDataFrame(told)
    [(_, _, broken)] = broken_rules(readings(value=pa.Column(declared, check, nullable=True)).contract)
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
        st.builds(pa.Check.ge, BOUNDS),
        st.builds(pa.Check.ne, BOUNDS),
        st.builds(pa.Check.isin, st.lists(st.none() | BOUNDS, min_size=1, max_size=3)),
        st.builds(pa.Check.notin, st.lists(st.none() | BOUNDS, max_size=3)),
    ),
)
def test_a_rule_refuses_what_pandera_refuses_whatever_its_bounds(engine, values, check):
    found = refused_here(engine, int, pyarrow.int64(), check, values)

    assert found == refused_by_pandera(check, values)


def test_every_check_that_is_understood_is_held_against_pandera():
    with pytest.raises(ContractProblem) as refusal:
        broken_rules(readings(value=pa.Column(str, pa.Check(lambda s: s == s), nullable=True)).contract)

    understood = set(str(refusal.value).split("Use one of ")[1].rstrip(".").split(", "))
    assert understood == {check.name for _, check in EVERY_CHECK}


@pytest.mark.parametrize(
    "check",
    [
        pa.Check(lambda values: values > 0),
        pa.Check(lambda values: values.mean() > 0, name="mean_is_positive"),
        pa.Check.unique_values_eq([1, 2]),
    ],
    ids=["unnamed", "named", "of_the_whole_column"],
)
def test_a_check_that_cannot_be_judged_row_by_row_is_refused_with_table_column_and_what_may_be_used(check):
    contract = readings(value=pa.Column(int, check, nullable=True)).contract

    with pytest.raises(
        ContractProblem, match=r"Table readings: column value has the check .* Use one of .*isin"
    ):
        broken_rules(contract)


def test_a_null_breaks_no_rule(engine):
    for declared, (_, arrow_type, checks) in CHECKS.items():
        for check in checks[:3]:
            assert not refused_here(engine, declared, arrow_type, check, [None])
