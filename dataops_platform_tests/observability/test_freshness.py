"""Freshness: which dates of a table are there, late or missing, whenever they were loaded."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pandera.pandas as pandera
import pytest

from dataops_platform.core.arrivals import NOW_AND_THEN, ON_WEEKDAYS, Arrivals
from dataops_platform.core.contract import TableContract
from dataops_platform.core.ports import Entry
from dataops_platform.observability.freshness import table_status
from dataops_platform.observability.journal import DeltaJournal

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)  # a Monday


def day(number):
    """That day of March."""
    return date(2026, 3, number)


@pytest.fixture
def status(lake):
    """The status of orders, once these of its dates have landed and been judged in this order."""

    seconds = count()

    def told(*dates, refused=(), unjudged=(), empty=(), now=NOON, **promises):
        contract = TableContract(
            name="orders",
            description="One row for each order.",
            owner="team:sales",
            key=("order_id",),
            columns={"order_id": pandera.Column(str, nullable=False)},
            **promises,
        )
        journal = DeltaJournal(lake)
        for found in dates:
            at = NOON + timedelta(seconds=next(seconds))
            rows = 0 if found in empty else 10
            landed = Entry("orders", "bronze", found, "x", "v1", True, rows, 0, "", "r", at)
            judged = Entry("orders", "silver", found, "x", "v1", found not in refused, rows, 2, "", "r", at)
            journal.record([landed] if found in unjudged else [landed, judged])
        return table_status(contract, journal.state(), now)

    return told


def test_a_table_with_yesterday_is_fresh_until_its_date_is_older_than_its_freshness(status):
    fresh = status(day(8), now=NOON)
    late = status(day(8), now=NOON + timedelta(seconds=1))

    assert (fresh.is_late, fresh.late, fresh.lag) == (False, (), timedelta(days=1, hours=12))
    assert (late.is_late, late.late, late.needs_people) == (True, (day(9),), True)


def test_an_old_date_that_is_backfilled_makes_no_stale_table_fresh(status):
    before = status(day(4))
    after = status(day(4), day(1))

    assert (before.last, before.is_late) == (after.last, after.is_late) == (day(4), True)
    assert after.missing == (day(2), day(3))


def test_dates_between_the_first_and_the_last_of_which_nothing_landed_are_missing(status):
    found = status(day(4), day(6), day(8))

    assert found.missing == (day(5), day(7))
    assert not found.is_late


def test_no_date_is_expected_on_a_weekend_of_a_table_of_weekdays(status):
    friday = status(day(5), day(6), arrivals=ON_WEEKDAYS, now=NOON)
    without = status(day(5), day(6), arrivals=ON_WEEKDAYS, now=NOON + timedelta(hours=1))

    assert (friday.late, friday.missing) == ((), ())
    assert without.late == (day(9),)


def test_no_date_is_expected_on_a_holiday_or_on_another_day_of_the_month(status):
    assert status(day(4), day(6), arrivals=Arrivals(holidays=(day(5),))).missing == ()
    assert status(day(1), day(7), arrivals=Arrivals(days_of_month=(1, 5))).missing == (day(5),)


def test_a_table_that_comes_now_and_then_is_late_when_its_last_date_is_too_old(status):
    month = {"arrivals": NOW_AND_THEN, "freshness": timedelta(days=8, hours=12)}

    assert not status(day(1), **month).is_late
    late = status(day(1), **month, now=NOON + timedelta(hours=1))
    assert (late.is_late, late.late, late.missing) == (True, (), ())


def test_a_refused_date_is_refused_and_neither_missing_nor_the_last_one(status):
    found = status(day(6), day(7), day(8), refused=[day(7), day(8)])

    assert (found.last, found.refused, found.missing) == (day(6), (day(7), day(8)), ())
    assert found.late == (day(7), day(8))
    assert found.needs_people


def test_a_date_that_was_published_and_is_refused_now_stands_refused_and_stays_the_last(status):
    status(day(8))
    found = status(day(8), refused=[day(8)])

    assert (found.last, found.refused) == (day(8), (day(8),))


def test_dates_that_are_there_only_in_part_are_told(status):
    found = status(day(6), day(7), day(8), unjudged=[day(8)], empty=[day(7)])

    assert (found.unpublished, found.empty, found.last) == ((day(8),), (day(7),), day(7))


def test_quarantined_rows_are_those_of_the_last_judgement_of_each_date(status):
    status(day(7))

    assert status(day(7), day(8)).quarantined == 4


def test_a_table_nothing_ever_landed_of_is_not_late_and_has_no_date(status):
    found = status()

    assert (found.last, found.lag, found.is_late, found.missing) == (None, None, False, ())


def test_a_date_in_the_future_makes_no_table_fresh(status):
    assert status(day(4), day(20)).last == day(4)
