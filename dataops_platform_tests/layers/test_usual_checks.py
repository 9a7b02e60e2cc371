"""Checks that a number is usual: one for each watched metric and judged date, which warns or, where asked, refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from dataops_platform.core.measurement import Measurement
from dataops_platform.core.rules import Waiver
from dataops_platform.layers import quarantine
from dataops_platform.observability.metrics import latest, record
from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.layers.test_dagster_events import by_partition, evaluations

pytestmark = pytest.mark.integration

WAIVED = (Waiver(check="row_count_is_usual", owner="team:shop", until=day(1), reason="the shop is shut"),)


def customers(rows):
    return "customer_id,name\n" + "".join(f"c{number},Ann\n" for number in range(rows))


@pytest.fixture
def refusing(shipped_tables):
    """The shipped tables; an unusual number of customers refuses its date."""

    def customers(table):
        return replace(
            table, contract=replace(table.contract, anomalies={"row_count": "refuse"}, waivers=WAIVED)
        )

    return tuple(customers(table) if table.name == "customers" else table for table in shipped_tables)


@pytest.fixture
def shop(platform_of, shipped_tables):
    """A platform that has measured about a thousand customers a day for sixty days before the first of January."""
    return with_a_past(platform_of(shipped_tables))


@pytest.fixture
def strict(platform_of, refusing):
    """The same, where an unusual number of customers refuses its date."""
    return with_a_past(platform_of(refusing))


def with_a_past(small):
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


def newest(small, key, check):
    """Of each date the last evaluation of the check; those of Dagster come newest first."""
    found = [each for each in evaluations(small, key) if each.check_name == check]
    return {each.partition: each for each in reversed(found)}


def test_where_the_contract_says_so_an_unusual_number_refuses_its_date_before_silver_holds_it(strict):
    strict.land("customers", day(2), customers(1_000))
    strict.sync()
    strict.land("customers", day(2), customers(400), name="a.csv")
    strict.land("customers", day(3), customers(1_001))

    [problem] = strict.sync().problems

    assert len(strict.rows("silver/customers", day(2))) == 1_000, "it keeps what it had"
    assert len(strict.rows("quarantine/customers", day(2))) == 400
    assert len(strict.rows("silver/customers", day(3))) == 1_001
    assert problem.startswith("customers of 2026-01-02 was refused: row_count is 400; ")
    for part in (
        "is usual on a Friday",
        "was expected",
        "by the 60 measured days before it",
        "All 400 rows are in quarantine/customers",
        "dataops quarantine release customers 2026-01-02",
    ):
        assert part in problem
    told = newest(strict, "silver/customers", "row_count_is_usual")
    assert {key: (one.passed, one.severity) for key, one in told.items()} == {
        "2026-01-02": (False, dg.AssetCheckSeverity.ERROR),
        "2026-01-03": (True, dg.AssetCheckSeverity.WARN),
    }
    assert not newest(strict, "silver/customers", "partition_is_accepted")["2026-01-02"].passed


def test_a_date_that_its_past_refused_is_released_as_any_other(strict):
    strict.land("customers", day(2), customers(400))
    assert strict.sync().problems
    table = strict.ports.table("customers")

    quarantine.release(strict.ports, table, [day(2)], by="ann", reason="half the shops are shut")

    assert not strict.sync().problems
    assert len(strict.rows("silver/customers", day(2))) == 400
    assert strict.rows("quarantine/customers", day(2)) == []
    told = newest(strict, "silver/customers", "row_count_is_usual")["2026-01-02"]
    assert "would be refused, row_count is 400; " in told.description
    assert "released by ann: half the shops are shut" in told.description


def test_too_little_history_refuses_nothing(platform_of, refusing):
    young = platform_of(refusing)
    for number in range(2, 6):
        young.land("customers", day(number), customers(100 if number < 5 else 1))

    assert not young.sync().problems
    assert len(young.rows("silver/customers", day(5))) == 1


def test_a_waiver_holds_for_a_date_that_is_unlike_its_past_too(strict):
    strict.land("customers", day(1), customers(400))

    assert not strict.sync().problems
    told = newest(strict, "silver/customers", "row_count_is_usual")["2026-01-01"]
    assert "waived by team:shop until 2026-01-01: the shop is shut" in told.description


def test_dates_of_one_run_are_held_against_each_other(strict):
    for number in range(2, 9):
        strict.land("customers", day(number), customers(2_000))

    problems = strict.sync().problems

    # a new level is told for five days, then it is learnt: also where all of them came at once
    assert [problem[13:23] for problem in problems] == [str(day(number)) for number in range(2, 7)]


def test_the_numbers_that_are_kept_of_a_refused_date_are_those_that_refused_it(strict):
    strict.land("customers", day(2), customers(400))
    strict.sync()
    again = strict.sync()

    assert again.problems, "it stands refused"
    numbers = latest(strict.ports.lake, table="customers", layer="silver")
    [held] = numbers[(numbers["metric"] == "row_count") & (numbers["run_id"] != "old")]["value"]
    assert held == 400
