"""Changes of rules and limits: what stops a value or a date that passed is breaking, however rules are written."""

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pandera.pandas as pandera
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from dataops_platform.core.contract import Money, Thresholds, Timestamp
from dataops_platform.core.rules import Aggregate, Comparison, Limit, Reference, Required
from dataops_platform_tests.catalog.promised import payments, told, with_columns


def amount(*checks):
    return {"columns": with_columns(amount=pandera.Column(Money, list(checks), nullable=True))}


def status(*checks):
    return {"columns": with_columns(status=pandera.Column(str, list(checks), nullable=True))}


def spend(**bounds):
    return {"rules": (Aggregate(column="amount", statistic="sum", **bounds),)}


def newest(at_least):
    return {"rules": (Aggregate(column="paid_on", statistic="max", at_least=at_least),)}


def required(*values):
    return {"rules": (Required("amount", when="status", equals=values),)}


def unique(**limit):
    return {"limits": {"key_is_unique": Limit(**limit)}}


ge, gt, le = pandera.Check.ge, pandera.Check.gt, pandera.Check.le
# What lets more pass, what lets less pass; and how it is told to go from the one to the other and back.
LOOSER_AND_TIGHTER = {
    "a rule": (
        amount(),
        amount(ge(0)),
        "column amount: now at least 0",
        "column amount: no longer at least 0",
    ),
    "a bound": (
        amount(ge(Decimal("0.01"))),
        amount(ge(5)),
        "column amount: at least 0.01 → at least 5",
        "column amount: at least 5 → at least 0.01",
    ),
    "a bound that is itself let pass": (
        amount(ge(0)),
        amount(gt(0)),
        "column amount: at least 0 → more than 0",
        "column amount: more than 0 → at least 0",
    ),
    "an end of a range": (
        amount(ge(0)),
        amount(pandera.Check.in_range(0, 9)),
        "column amount: now at most 9",
        "column amount: no longer at most 9",
    ),
    "a second bound": (
        amount(le(9)),
        amount(le(9), le(5), le(9)),
        "column amount: at most 9 → at most 5",
        "column amount: at most 5 → at most 9",
    ),
    "an end of a range that is itself let pass": (
        amount(pandera.Check.in_range(0, 9)),
        amount(pandera.Check.in_range(0, 9, include_max=False)),
        "column amount: at most 9 → less than 9",
        "column amount: less than 9 → at most 9",
    ),
    "values that two rules allow": (
        status(pandera.Check.isin(["A", "B"])),
        status(pandera.Check.isin(["A", "B"]), pandera.Check.isin(["A", "C"])),
        "column status: one of A, B → one of A",
        "column status: one of A → one of A, B",
    ),
    "allowed values": (
        status(pandera.Check.isin(["A", "B"])),
        status(pandera.Check.isin(["A", None])),
        "column status: one of A, B → one of A",
        "column status: one of A → one of A, B",
    ),
    "forbidden values": (
        status(pandera.Check.notin(["A"])),
        status(pandera.Check.notin(["A", "B"])),
        "column status: none of A → none of A, B",
        "column status: none of A, B → none of A",
    ),
    "the length of a text": (
        status(pandera.Check.str_length(max_value=9)),
        status(pandera.Check.str_length(max_value=8)),
        "column status: length at most 9 → length at most 8",
        "column status: length at most 8 → length at most 9",
    ),
    "a share that refuses": (
        unique(fail=0.1),
        unique(fail=0.05),
        "check key_is_unique: refuses the date above 10% → refuses the date above 5%",
        "check key_is_unique: refuses the date above 5% → refuses the date above 10%",
    ),
    "a check that never refuses": (
        unique(),
        unique(fail=3),
        "check key_is_unique: now refuses the date above 3 rows",
        "check key_is_unique: no longer refuses the date above 3 rows",
    ),
    "a number that warns": (
        unique(warn=5),
        unique(warn=2),
        "check key_is_unique: warns above 5 rows → warns above 2 rows",
        "check key_is_unique: warns above 2 rows → warns above 5 rows",
    ),
    "the rows that a share needs": (
        unique(fail=0.1, needs_rows=50),
        unique(fail=0.1, needs_rows=10),
        "check key_is_unique: judges shares of more than 50 rows → judges shares of more than 10 rows",
        "check key_is_unique: judges shares of more than 10 rows → judges shares of more than 50 rows",
    ),
    "a threshold": (
        {"thresholds": Thresholds(max_null_ratio=0.2)},
        {"thresholds": Thresholds(max_null_ratio=0.1)},
        "check payment_id_is_present: refuses the date above 20% → refuses the date above 10%",
        "check payment_id_is_present: refuses the date above 10% → refuses the date above 20%",
    ),
    "a rule about two columns": (
        {},
        {"rules": (Comparison("payment_id", "!=", "status"),)},
        "rule payment_id_differs_from_status added: payment_id != status",
        "rule payment_id_differs_from_status removed: payment_id != status",
    ),
    "a row that is referred to": (
        {},
        {"rules": (Reference(("payment_id",), "orders"),)},
        "rule payment_id_is_in_orders added: payment_id is known in orders on the ingestion date",
        "rule payment_id_is_in_orders removed: payment_id is known in orders on the ingestion date",
    ),
    "the values that ask for another": (
        required("A"),
        required("A", "B"),
        "rule amount_is_present_when_status_asks: asked for where status is A → asked for where status is A, B",
        "rule amount_is_present_when_status_asks: asked for where status is A, B → asked for where status is A",
    ),
    "a bound of a whole date": (
        spend(at_least=0, at_most=9),
        spend(at_least=0, at_most=8),
        "rule amount_sum_is_in_bounds: at most 9 → at most 8",
        "rule amount_sum_is_in_bounds: at most 8 → at most 9",
    ),
    "a length of time": (
        newest(timedelta(days=-7)),
        newest(timedelta(hours=-36)),
        "rule paid_on_max_is_in_bounds: at least -7 d from the ingestion date → at least -36 h from the ingestion date",
        "rule paid_on_max_is_in_bounds: at least -36 h from the ingestion date → at least -7 d from the ingestion date",
    ),
    "a whole date that only warns": (
        spend(at_least=0, refuses=False),
        spend(at_least=0),
        "rule amount_sum_is_in_bounds: now refuses the date when broken",
        "rule amount_sum_is_in_bounds: no longer refuses the date when broken",
    ),
}


@pytest.mark.parametrize(
    ("looser", "tighter", "tightened", "loosened"), LOOSER_AND_TIGHTER.values(), ids=LOOSER_AND_TIGHTER
)
def test_what_lets_less_pass_is_breaking_and_the_way_back_is_widening(looser, tighter, tightened, loosened):
    one, other = payments(**looser), payments(**tighter)

    assert told(one, other) == [("breaking", tightened)]
    assert told(other, one) == [("widening", loosened)]


booked_at = pandera.Column(Timestamp, ge(date(2026, 1, 1)), nullable=True)
OTHERWISE = {
    "a share instead of a number": (
        unique(fail=1),
        unique(fail=1.0),
        "check key_is_unique: now refuses the date above 100%",
    ),
    "allowed values": (
        status(pandera.Check.isin(["A", "B"])),
        status(pandera.Check.isin(["B", "C"])),
        "column status: one of A, B → one of B, C",
    ),
    "a pattern": (
        status(pandera.Check.str_matches("A")),
        status(pandera.Check.str_matches("B")),
        "column status: now str_matches B",
    ),
    "a date instead of a number": (
        amount(ge(0)),
        {"columns": with_columns(amount=booked_at)},
        "column amount: at least 0 → at least 2026-01-01",
    ),
    "a length of time instead of a date": (
        newest(date(2026, 1, 1)),
        newest(timedelta(days=-7)),
        "rule paid_on_max_is_in_bounds: at least 2026-01-01 → at least -7 d from the ingestion date",
    ),
}


@pytest.mark.parametrize(("before", "after", "text"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_cannot_be_called_looser_is_breaking(before, after, text):
    assert ("breaking", text) in told(payments(**before), payments(**after))


def test_the_same_rules_written_otherwise_change_nothing_but_the_version():
    one, other = payments(**amount(ge(0), le(9))), payments(**amount(pandera.Check.in_range(0, 9)))

    assert one.contract.version != other.contract.version
    assert told(one, other) == []


NUMBERS = range(-4, 5)
BOUNDS = st.integers(-3, 3)
CHECKS = st.lists(
    st.one_of(
        st.builds(ge, BOUNDS),
        st.builds(gt, BOUNDS),
        st.builds(le, BOUNDS),
        st.builds(pandera.Check.lt, BOUNDS),
        st.builds(pandera.Check.eq, BOUNDS),
        st.builds(pandera.Check.ne, BOUNDS),
        st.builds(
            lambda low, length, low_too, high_too: pandera.Check.in_range(
                low, low + length, include_min=low_too, include_max=high_too
            ),
            BOUNDS,
            st.integers(2, 4),
            st.booleans(),
            st.booleans(),
        ),
        st.builds(pandera.Check.isin, st.sets(BOUNDS, min_size=1)),
        st.builds(pandera.Check.notin, st.sets(BOUNDS)),
    ),
    max_size=3,
)


def let_pass(checks):
    """The numbers that pandera itself lets pass."""
    numbers = pd.Series(NUMBERS)
    try:
        pandera.SeriesSchema(int, checks).validate(numbers, lazy=True)
    except SchemaErrors as refusal:
        return set(numbers) - {numbers[at] for at in refusal.failure_cases["index"]}
    return set(numbers)


@settings(max_examples=30)
@given(before=CHECKS, after=CHECKS)
def test_whatever_stops_a_value_that_passed_is_breaking_whatever_the_checks(before, after):
    one, other = (
        payments(columns=with_columns(pieces=pandera.Column(int, checks, nullable=True)))
        for checks in (before, after)
    )

    found = {kind for kind, _ in told(one, other)}

    if let_pass(before) - let_pass(after):
        assert "breaking" in found
    if let_pass(after) - let_pass(before):
        assert found
