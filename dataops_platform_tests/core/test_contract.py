"""Contracts: one that contradicts itself is refused, and its version tells when what is judged changes."""

import re
from datetime import date, timedelta

import pandera.pandas as pandera
import pyarrow as pa
import pytest
from pandera.engines import pandas_engine

from dataops_platform.core.contract import Date, Money, TableContract, Thresholds, Timestamp
from dataops_platform.core.rules import Aggregate, Comparison, Limit, Required, Waiver
from dataops_platform.errors import ContractProblem


def contract(**changes):
    """A contract of payments, with some of its promises changed."""
    promises = {
        "name": "payments",
        "description": "One row for each payment.",
        "owner": "team:sales",
        "key": ("payment_id",),
        "event_date": "paid_on",
        "columns": {
            "payment_id": pandera.Column(str, nullable=False),
            "paid_on": pandera.Column(Date, nullable=True),
            "amount": pandera.Column(Money, pandera.Check.ge(0), nullable=True),
        },
    }
    return TableContract(**{**promises, **changes})


def with_column(name, column):
    return {**contract().columns, name: column}


def waiver(check, *, reason="known"):
    return Waiver(check=check, owner="team:sales", until=date(2026, 1, 1), reason=reason)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"columns": with_column("payment_id", pandera.Column(str, nullable=True))},
            "payment_id may be null",
        ),
        ({"key": ("payment",)}, "key names payment, which it does not declare"),
        ({"key": ()}, "has no key"),
        ({"event_date": "day"}, "event_date names day"),
        ({"public": ("amount", "iban")}, "public names iban"),
        ({"formats": {"day": "dd.MM.yyyy"}}, "formats names day"),
        ({"partitioned_by": ("region",)}, "partitioned_by names region"),
        ({"name": "Payments"}, "lower-case"),
        ({"name": "../payments"}, "digits and _ only"),
        (
            {"columns": with_column("Amount", pandera.Column(str, nullable=True))},
            "columns amount and Amount differ in case only",
        ),
        (
            {"limits": {"amount_is_fine": Limit()}},
            "a limit names the check 'amount_is_fine', which it does not have",
        ),
        ({"limits": {"amount_is_valid": Limit(fail=1.01)}}, "fail=1.01 is no share"),
        ({"limits": {"amount_is_valid": Limit(warn=-1)}}, "warn=-1 is neither a share nor a number of rows"),
        (
            {"limits": {"amount_is_valid": Limit(warn=0.2, fail=0.1)}},
            "refuses at more than 0.1 before it warns",
        ),
        ({"limits": {"amount_is_valid": Limit(needs_rows=-5)}}, "needs_rows=-5"),
        ({"waivers": (waiver("amount_is_fine"),)}, "a waiver names the check 'amount_is_fine'"),
        ({"waivers": (waiver("amount_is_valid", reason=""),)}, "names no owner or no reason"),
        ({"rules": (Comparison("paid_on", "<=", "booked_on"),)}, "it names booked_on, which is not declared"),
        (
            {
                "rules": (
                    Comparison("paid_on", "=", "paid_on"),  # type: ignore[arg-type]
                )
            },
            "'=' compares nothing",
        ),
        ({"rules": (Comparison("paid_on", "<", "amount"),)}, "paid_on is a date and amount a decimal"),
        ({"rules": (Required("amount", when="payment_id", equals=()),)}, "equals is empty"),
        ({"rules": (Aggregate(column="amount", statistic="sum"),)}, "it has no bounds"),
        (
            {"rules": (Aggregate(column="amount", statistic="sum", at_least=2, at_most=1),)},
            "no value is at least 2 and at most 1",
        ),
        (
            {"rules": (Aggregate(column="paid_on", statistic="mean", at_least=2),)},
            "paid_on is a date, which has no mean",
        ),
        (
            {"rules": (Comparison("paid_on", "<", "paid_on"), Comparison("paid_on", "<", "paid_on"))},
            "several rules paid_on_is_less_than_paid_on",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_contract_that_contradicts_itself_is_refused_with_what_is_wrong(changes, told):
    with pytest.raises(ContractProblem, match=told):
        contract(**changes)


@pytest.mark.parametrize(
    "name", ["ingestion_date", "year", "month", "_rescued", "_position", "_reasons", "_broken"]
)
def test_a_column_may_not_take_a_name_the_platform_uses_itself(name):
    with pytest.raises(ContractProblem, match=f"column {name} has a name the platform uses itself"):
        contract(columns=with_column(name, pandera.Column(str, nullable=True)))


@pytest.mark.parametrize("name", ["a.b", "a`b", "a b", 'a"b', "a'b", "größe", "", "1st", "a" * 129])
def test_a_name_that_some_engine_would_read_as_something_else_is_refused(name):
    with pytest.raises(ContractProblem, match=r"cannot be a column's name in every engine\. Use letters"):
        contract(columns=with_column(name, pandera.Column(str, nullable=True)))


@pytest.mark.parametrize("share", [1.01, -0.01, 10])
@pytest.mark.parametrize("name", ["max_null_ratio", "max_duplicate_ratio"])
def test_a_threshold_is_a_share_between_none_and_all(name, share):
    with pytest.raises(ContractProblem, match=f"{name} is {share}"):
        Thresholds(**{name: share})


@pytest.mark.parametrize(
    ("declared", "kind", "spark", "arrow"),
    [
        (str, "text", "string", pa.string()),
        (int, "integer", "bigint", pa.int64()),
        (float, "double", "double", pa.float64()),
        (bool, "boolean", "boolean", pa.bool_()),
        (Date, "date", "date", pa.date32()),
        (Timestamp, "timestamp", "timestamp", pa.timestamp("us", tz="UTC")),
        (Money, "decimal", "decimal(18,2)", pa.decimal128(18, 2)),
        (pandas_engine.Decimal(9, 4), "decimal", "decimal(9,4)", pa.decimal128(9, 4)),
    ],
    ids=str,
)
def test_each_declared_type_is_published_as_what_it_says(declared, kind, spark, arrow):
    field = contract(columns=with_column("value", pandera.Column(declared, nullable=True))).fields[-1]

    assert (field.kind, field.spark_type, field.arrow_type) == (kind, spark, arrow)


def test_a_type_that_no_table_can_hold_is_refused():
    with pytest.raises(ContractProblem, match="column value has type"):
        _ = contract(columns=with_column("value", pandera.Column("category", nullable=True))).fields


def test_a_column_that_may_not_be_null_is_critical():
    columns = with_column("amount", pandera.Column(Money, nullable=False))

    assert contract(columns=columns).critical == ("payment_id", "amount")


JUDGED = {
    "another column": {"columns": with_column("note", pandera.Column(str, nullable=True))},
    "another bound": {
        "columns": with_column("amount", pandera.Column(Money, pandera.Check.ge(1), nullable=True))
    },
    "another rule": {
        "columns": with_column("amount", pandera.Column(Money, pandera.Check.gt(0), nullable=True))
    },
    "no rule": {"columns": with_column("amount", pandera.Column(Money, nullable=True))},
    "critical": {
        "columns": with_column("amount", pandera.Column(Money, pandera.Check.ge(0), nullable=False))
    },
    "another type": {
        "columns": with_column("amount", pandera.Column(float, pandera.Check.ge(0), nullable=True))
    },
    "longer key": {
        "columns": with_column("paid_on", pandera.Column(Date, nullable=False)),
        "key": ("payment_id", "paid_on"),
    },
    "no event date": {"event_date": None},
    "another format": {"formats": {"paid_on": "dd.MM.yyyy"}},
    "null values": {"null_values": ("NA",)},
    "encoding": {"encoding": "latin-1"},
    "more nulls": {"thresholds": Thresholds(max_null_ratio=0.2)},
    "nulls in small partitions": {"thresholds": Thresholds(null_ratio_needs_rows=0)},
    "no duplicates": {"thresholds": Thresholds(max_duplicate_ratio=0)},
    "partitioning": {"partitioned_by": ("paid_on",)},
    "a rule": {"rules": (Required("amount", when="payment_id", equals=("a",)),)},
    "a limit": {"limits": {"amount_is_valid": Limit(fail=0.5)}},
    "a waiver": {"waivers": (waiver("amount_is_valid"),)},
}


@pytest.mark.parametrize("changes", JUDGED.values(), ids=JUDGED)
def test_the_version_changes_with_what_is_judged_or_published(changes):
    assert contract(**changes).version != contract().version


TOLD = {
    "nothing": {},
    "description": {"description": "Payments."},
    "owner": {"owner": "team:finance"},
    "who may see": {"public": ("amount",)},
    "freshness": {"freshness": timedelta(hours=1)},
    "a column's description": {
        "columns": with_column("paid_on", pandera.Column(Date, nullable=True, description="Day."))
    },
}


@pytest.mark.parametrize("changes", TOLD.values(), ids=TOLD)
def test_the_version_stays_with_all_else(changes):
    assert contract(**changes).version == contract().version


def test_the_version_does_not_depend_on_the_order_in_which_a_set_is_walked():
    one, other = ({first, second} for first, second in ((0, 8), (8, 0)))  # both meet in one slot
    checks = (pandera.Check.isin(values) for values in (one, other))

    versions = {
        contract(columns=with_column("n", pandera.Column(int, check, nullable=True))).version
        for check in checks
    }

    assert list(one) != list(other)
    assert len(versions) == 1


def test_a_contract_says_which_metrics_are_held_against_their_past():
    assert contract().watched == ("row_count", "duplicate_pct", "quarantined")
    said = contract(anomalies={"amount_null_pct": "warn", "duplicate_pct": "off"})
    assert said.watched == ("row_count", "quarantined", "amount_null_pct")


def test_an_unusual_number_may_refuse_a_date_where_it_is_known_before_the_date_is_written():
    said = contract(anomalies={"row_count": "refuse", "amount_null_pct": "warn"})

    assert said.refusing == ("row_count",)
    assert said.watched == ("row_count", "duplicate_pct", "quarantined", "amount_null_pct")
    assert said.version != contract(anomalies={"amount_null_pct": "warn"}).version == contract().version


@pytest.mark.parametrize(
    ("anomalies", "told"),
    [
        ({"row_count": "panic"}, "the reaction to row_count is 'panic'; it may be warn, refuse, off"),
        ({"bytes": "refuse"}, "bytes cannot refuse a date, since it is not known before"),
        ({"nothing_null_pct": "refuse"}, "nothing_null_pct cannot refuse a date"),
    ],
)
def test_a_reaction_that_makes_no_sense_is_told(anomalies, told):
    with pytest.raises(ContractProblem, match=re.escape(told)):
        contract(anomalies=anomalies)
