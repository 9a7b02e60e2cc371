"""Verdicts: from counts alone, what refuses a partition, on both sides of every threshold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandera.pandas as pa
import pytest

from dataops_platform.core.contract import Money, TableContract, Thresholds
from dataops_platform.core.rules import Aggregate, Limit, Waiver
from dataops_platform.quality.counts import Alike, Counts
from dataops_platform.quality.verdicts import check_names, verdicts

DAY = date(2026, 1, 2)
FILE = "s3://landing/payments/a.csv"
NULL = "amount_is_present: no value in a critical column"
UNCONVERTED = "amount_is_valid: is no number with at most 2 decimals"
NEGATIVE = "amount_is_valid: breaks greater_than_or_equal_to(0)"
SUPERSEDED = "key_is_unique: a later row of this date has the same key"
UNREADABLE = "row_is_readable: the line or file could not be read"


def payments(rules=(), limits=None, waivers=(), **thresholds):
    return TableContract(
        rules=rules,
        limits=limits or {},
        waivers=waivers,
        name="payments",
        description="One row for each payment.",
        owner="team:sales",
        key=("payment_id",),
        columns={
            "payment_id": pa.Column(str, nullable=False),
            "amount": pa.Column(Money, pa.Check.ge(0), nullable=False),
            "note": pa.Column(str, nullable=True),
        },
        thresholds=Thresholds(**thresholds),
    )


def rows(number, *reasons, nulls=(), absent=(), file=FILE, day=DAY, latest=False):
    """So many rows of one file with the same nulls and the same reasons."""
    return Alike(day, file, absent, nulls, reasons, number, latest)


def without_amount(number):
    return rows(number, NULL, nulls=("amount",))


def verdict(*counts, **asked):
    [found] = verdicts(payments(**asked), [DAY], Counts(counts))
    return found


def repeated(keys, *, of, superseded=None):
    """So many rows, of which so many keys occur more than once."""
    gave_way = superseded or keys
    return rows(of - keys - gave_way), rows(keys, latest=True), rows(gave_way, SUPERSEDED)


def check(found, name):
    return next(each for each in found.checks if each.name == name)


@pytest.mark.parametrize(
    ("nulls", "of", "is_accepted"),
    [
        (10, 100, True),  # a small partition is not judged by its share of nulls
        (100, 100, True),
        (10, 101, True),
        (11, 101, False),
        (11, 110, True),  # exactly ten per cent
        (12, 110, False),
        (100, 1000, True),
        (101, 1000, False),
    ],
)
def test_more_than_a_tenth_of_nulls_in_more_than_a_hundred_rows_refuses(nulls, of, is_accepted):
    found = verdict(rows(of - nulls), without_amount(nulls))

    assert found.is_accepted is is_accepted
    assert found.accepted == (of - nulls if is_accepted else 0)
    assert found.metrics["amount_null_pct"] == pytest.approx(100 * nulls / of)


def test_the_refusal_says_column_and_numbers():
    found = verdict(rows(90), without_amount(11))

    assert found.refusals == ("amount is null in 11 of 101 rows (10.9%, allowed 10%)",)
    assert found.message == (
        "payments of 2026-01-02 was refused: amount is null in 11 of 101 rows (10.9%, allowed 10%). "
        "All 101 rows are in quarantine/payments with their reasons; what was published before is unchanged. "
        "Land the corrected file under the same key and run again, or accept the sound rows as they are: "
        "dataops quarantine release payments 2026-01-02."
    )


@pytest.mark.parametrize(
    ("keys", "of", "is_accepted"),
    [(1, 20, True), (5, 100, True), (6, 120, True), (6, 119, False), (1, 2, False)],
)
def test_more_than_a_twentieth_of_repeated_keys_refuses_in_a_partition_of_any_size(keys, of, is_accepted):
    found = verdict(*repeated(keys, of=of))

    assert found.is_accepted is is_accepted
    assert found.metrics["duplicate_pct"] == pytest.approx(100 * keys / of)


def test_a_key_that_occurs_many_times_counts_once_and_leaves_one_row():
    found = verdict(*repeated(1, superseded=9, of=20))

    assert found.is_accepted
    assert (found.accepted, found.superseded, found.quarantined) == (11, 9, 9)


def test_thresholds_are_the_contracts_to_set():
    lenient = {"max_null_ratio": 0.5, "max_duplicate_ratio": 0.5}

    assert verdict(*repeated(90, of=181), without_amount(99), **lenient).is_accepted
    assert not verdict(rows(9), without_amount(1), max_null_ratio=0, null_ratio_needs_rows=0).is_accepted
    assert not verdict(*repeated(1, of=1000), max_duplicate_ratio=0).is_accepted


def test_nulls_in_a_column_that_may_be_null_are_told_and_refuse_nothing():
    found = verdict(rows(200, nulls=("note",)))

    assert found.is_accepted
    assert found.accepted == 200
    assert found.metrics["note_null_pct"] == 100


def test_unreadable_rows_count_as_rows_and_not_as_nulls():
    found = verdict(rows(91), without_amount(10), rows(900, UNREADABLE))

    assert found.is_accepted, "10 of 101 readable rows are null"
    assert (found.rows, found.accepted, found.quarantined) == (1001, 91, 910)
    assert found.metrics["row_count"] == 1001
    assert found.metrics["amount_null_pct"] == pytest.approx(100 * 10 / 101)
    assert (check(found, "row_is_readable").judged, check(found, "row_is_readable").failed) == (1001, 900)


@pytest.mark.parametrize("column", ["payment_id", "amount"])
def test_a_missing_critical_column_refuses_naming_file_and_column(column):
    broken = "s3://landing/payments/b.csv"

    found = verdict(rows(500), rows(1, NULL, nulls=(column,), absent=("note", column), file=broken))

    assert found.refusals == (f"{broken} has no column {column}, which every row needs",)


def test_a_missing_optional_column_refuses_nothing():
    assert verdict(rows(5, nulls=("note",), absent=("note",))).is_accepted


def test_a_file_no_value_of_which_converts_refuses_naming_file_and_column():
    broken = "s3://landing/payments/b.csv"

    found = verdict(
        rows(500), rows(2, UNCONVERTED, file=broken), rows(3, NULL, nulls=("amount",), file=broken)
    )

    assert found.refusals == (
        f"no value of amount in {broken} converts: each is no number with at most 2 decimals",
    )


@pytest.mark.parametrize(
    "counts",
    [
        [rows(1), rows(9, UNCONVERTED)],
        [rows(9, NEGATIVE)],
        [without_amount(9)],
        [rows(9, UNREADABLE)],
    ],
    ids=["one converts", "converted but broken", "no values", "no readable rows"],
)
def test_only_a_type_that_no_value_fits_refuses_a_file(counts):
    assert verdict(*counts).is_accepted


def test_a_row_with_two_reasons_for_one_check_fails_it_once():
    found = verdict(rows(3, "amount_is_valid: breaks a", "amount_is_valid: breaks b"), rows(1))

    assert (check(found, "amount_is_valid").judged, check(found, "amount_is_valid").failed) == (4, 3)


def test_each_date_has_its_own_verdict():
    other = date(2026, 1, 3)

    found = verdicts(
        payments(), [DAY, other], Counts([rows(101, NULL, nulls=("amount",)), rows(5, day=other)])
    )

    assert [(each.ingestion_date, each.is_accepted, each.rows) for each in found] == [
        (DAY, False, 101),
        (other, True, 5),
    ]


def test_no_check_passes_because_there_was_nothing_to_check():
    found = verdict()

    assert found.rows == 0
    assert [each.name for each in found.checks] == list(check_names(payments()))
    assert not any(each.passed for each in found.checks)


def test_every_check_of_a_sound_partition_passes():
    found = verdict(rows(3))

    assert all(each.passed for each in found.checks)


@pytest.mark.parametrize(
    ("broken", "of", "limit", "warns", "refuses"),
    [
        (1, 11, Limit(warn=0.1, fail=0.5, needs_rows=10), False, False),
        (2, 11, Limit(warn=0.1, fail=0.5, needs_rows=10), True, False),
        (11, 22, Limit(warn=0.1, fail=0.5, needs_rows=10), True, False),  # exactly half
        (12, 23, Limit(warn=0.1, fail=0.5, needs_rows=10), False, True),
        (10, 10, Limit(warn=0.1, fail=0.5, needs_rows=10), False, False),  # too few to judge a share
        (3, 1000, Limit(warn=2, fail=3), True, False),
        (4, 1000, Limit(warn=2, fail=3), False, True),
        (1000, 1000, Limit(warn=None), False, False),
        (1, 1, Limit(warn=None, fail=0), False, True),
    ],
)
def test_a_limit_warns_and_refuses_above_its_share_or_number_and_not_at_it(broken, of, limit, warns, refuses):
    found = check(
        verdict(rows(of - broken), rows(broken, NEGATIVE), limits={"amount_is_valid": limit}),
        "amount_is_valid",
    )

    assert (found.warning is not None, found.refusal is not None) == (warns, refuses)
    assert found.passed is not (warns or refuses)
    assert (found.judged, found.failed) == (of, broken)


def test_a_waived_check_refuses_nothing_until_its_last_day_and_is_shown_as_waived():
    waiver = Waiver(check="amount_is_present", owner="team:sales", until=DAY, reason="the till is repaired")
    contract = payments(waivers=(waiver,))
    later = date(2026, 1, 3)

    waived, refused = verdicts(
        contract,
        [DAY, later],
        Counts([rows(101, NULL, nulls=("amount",)), rows(101, NULL, nulls=("amount",), day=later)]),
    )

    found = check(waived, "amount_is_present")
    assert waived.is_accepted
    assert not found.passed
    assert found.told == (
        "would be refused, amount is null in 101 of 101 rows (100.0%, allowed 10%); "
        "waived by team:sales until 2026-01-02: the till is repaired."
    )
    assert waived.accepted == 0, "rows that break a check are in quarantine all the same"
    assert not refused.is_accepted


def test_a_check_within_its_limit_passes_and_says_how_many_fail():
    found = verdict(rows(99), rows(1, NEGATIVE), limits={"amount_is_valid": Limit(warn=0.1)})

    assert check(found, "amount_is_valid").passed
    assert check(found, "amount_is_valid").told == "1 of 100 rows fail, which is within the limit."


def sums(number, total, count, least, *reasons):
    """So many rows alike, with these statistics of their amounts."""
    told = {"sum(amount)": total, "count(amount)": count, "min(amount)": least}
    return replace(rows(number, *reasons), statistics=told)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (Aggregate(column="amount", statistic="sum", at_least=7, at_most=7), True),
        (Aggregate(column="amount", statistic="sum", at_most=6), False),
        (
            Aggregate(column="amount", statistic="mean", at_least=Decimal("1.75"), at_most=Decimal("1.75")),
            True,
        ),
        (Aggregate(column="amount", statistic="min", at_least=2), False),
    ],
)
def test_an_aggregate_judges_the_sound_rows_of_all_files_together(rule, holds):
    counts = [
        sums(3, Decimal(6), 3, Decimal(1)),
        sums(1, Decimal(1), 1, Decimal(1)),
        sums(5, None, 0, None),
        sums(9, Decimal(900), 9, Decimal(-5), NEGATIVE),
    ]

    found = verdict(*counts, rules=(rule,))

    assert found.is_accepted is holds
    assert check(found, rule.check).judged == 9


def test_an_aggregate_of_no_values_has_judged_nothing_and_one_that_may_only_warn_refuses_nothing():
    rule = Aggregate(column="amount", statistic="sum", at_most=1, refuses=False)

    nothing = check(verdict(sums(5, None, 0, None), rules=(rule,)), rule.check)
    warned = verdict(sums(5, Decimal(2), 2, None), rules=(rule,))

    assert (nothing.judged, nothing.passed) == (0, False)
    assert warned.is_accepted
    assert check(warned, rule.check).told == "sum of amount is 2 in 5 rows, not at most 1."


def test_one_broken_row_refuses_a_products_snapshot():
    [found] = verdicts(payments(), [DAY], Counts([rows(99), rows(1, NEGATIVE)]), is_product=True)

    assert not found.is_accepted
    assert found.accepted == 0
