"""Checks that a number is usual: one for each watched metric and judged date, and a warning at most."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from dataops_platform.core.measurement import Measurement
from dataops_platform.observability.metrics import record
from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.layers.test_dagster_events import by_partition

pytestmark = pytest.mark.integration


def customers(rows):
    return "customer_id,name\n" + "".join(f"c{number},Ann\n" for number in range(rows))


@pytest.fixture
def shop(platform_of, shipped_tables):
    """A platform that has measured about a thousand customers a day for sixty days before the first of January."""
    small = platform_of(shipped_tables)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    past = [
        Measurement(
            "customers", "silver", day(1) - timedelta(days=ago), "row_count", 1_000.0 + ago % 7, "old", at
        )
        for ago in range(1, 61)
    ]
    record(small.ports.lake, past)
    return small


def test_each_date_is_held_against_the_dates_before_it(shop):
    for number, rows in ((1, 1_003), (2, 400), (3, 1_001)):
        shop.land("customers", day(number), customers(rows))

    assert not shop.sync().problems

    told = by_partition(shop, "silver/customers", "row_count_is_usual")
    assert {key: one.passed for key, one in told.items()} == {
        "2026-01-01": True,
        "2026-01-02": False,
        "2026-01-03": True,
    }
    unusual = told["2026-01-02"]
    assert unusual.severity == dg.AssetCheckSeverity.WARN
    assert unusual.description.startswith("2026-01-02: row_count is 400; ")
    assert "is usual on a Friday" in unusual.description
    assert unusual.target_materialization_data is not None


def test_too_little_history_is_said_and_does_not_pass(shop):
    shop.land("customers", day(1), customers(1_000))

    shop.sync()

    for key, check in (
        ("silver/customers", "duplicate_pct_is_usual"),
        ("gold/customer_360", "row_count_is_usual"),
    ):
        [told] = by_partition(shop, key, check).values()
        assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert "0 measured days before it are not enough history" in told.description


def test_an_unusual_number_stops_nothing_after_it(shop):
    shop.land("customers", day(1), customers(5))

    assert not shop.sync().problems
    assert len(shop.rows("gold/customer_360")) == 5


def test_the_numbers_of_a_refused_date_are_told_too(shop):
    shop.land("customers", day(1), "customer_id,name\nc1,Ann\nc1,Ann\n")

    assert shop.sync().problems

    [told] = by_partition(shop, "silver/customers", "row_count_is_usual").values()
    assert "row_count is 2;" in told.description
