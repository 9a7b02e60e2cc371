"""What follows a table is asked for exactly the dates that were published: no refused one, and every other."""

from __future__ import annotations

import dagster as dg
import pytest

from dataops_platform.definitions import build_definitions
from dataops_platform.layers.runs import ingest
from dataops_platform.layers.specs import partitions
from dataops_platform.resources.environments import Settings
from dataops_platform_tests.layers.small_platform import FIRST_DATE, day

HEADER = "customer_id,transaction_id,transaction_date,amount\n"
SOUND = HEADER + "c1,t1,2026-01-01,1.00\nc1,t2,2026-01-01,x\n"
LATER = HEADER + "c1,t9,2026-01-01,1.00\n"
REFUSED = HEADER + "c1,t1,2026-01-01,1.00\n" * 2
TRANSACTIONS = ("bronze/transactions", "quarantine/transactions", "silver/transactions")
REPORT = dg.AssetKey("report")


@pytest.fixture
def shop(platform_of, shipped_tables):
    """A platform where four dates of transactions are in the raw zone, the second of them broken."""
    small = platform_of(shipped_tables)
    small.land("customers", day(2), "customer_id\nc1\n")
    for number, text in ((2, SOUND), (3, REFUSED), (4, SOUND), (5, SOUND)):
        small.land("transactions", day(number), text)
    ingest(small.ports)
    return small


@pytest.fixture
def requested(shop):
    """Asks what automation wants of an asset that follows silver; it remembers, as the daemon does."""

    @dg.asset(
        name="report",
        deps=[dg.AssetKey(["silver", "transactions"])],
        partitions_def=partitions(FIRST_DATE),
        automation_condition=dg.AutomationCondition.eager().without(
            dg.AutomationCondition.in_latest_time_window()
        )
        & dg.AutomationCondition.all_deps_blocking_checks_passed(),
    )
    def report() -> None:
        """What people build on silver."""

    settings = Settings("test", "embedded", "landing", "lake", FIRST_DATE)
    platform = build_definitions(settings, shop.tables, platform=shop.ports)
    definitions = dg.Definitions.merge(platform, dg.Definitions(assets=[report]))
    cursor = None

    def ask():
        nonlocal cursor
        found = dg.evaluate_automation_conditions(definitions, shop.instance, cursor=cursor)
        cursor = found.cursor
        return found.get_requested_partitions(REPORT)

    assert ask() == set(), "nothing was published before"
    return ask


def dates(*numbers):
    return {day(number).isoformat() for number in numbers}


def test_of_a_range_with_a_refused_date_what_follows_is_asked_for_exactly_the_accepted_ones(shop, requested):
    assert not shop.run_range(day(2), day(5), *TRANSACTIONS).success

    assert requested() == dates(2, 4, 5)


def test_a_mended_date_is_asked_for_alone(shop, requested):
    shop.run_range(day(2), day(5), *TRANSACTIONS)
    requested()
    shop.land("transactions", day(3), SOUND)
    ingest(shop.ports)

    assert shop.run_range(day(3), day(3), *TRANSACTIONS).success

    assert requested() == dates(3)


def test_a_sync_asks_for_exactly_what_it_published(shop, requested):
    assert len(shop.sync().problems) == 1

    assert requested() == dates(2, 4, 5)


@pytest.fixture
def published(shop, requested):
    """The platform once every date was published, and what follows was asked for."""
    shop.land("transactions", day(3), SOUND)
    shop.sync()
    assert requested() == dates(2, 3, 4, 5)
    assert requested() == set(), "once is enough"
    return shop


@pytest.mark.parametrize("how", ["sync", "range run"])
def test_a_date_refused_now_keeps_its_rows_and_what_follows_is_not_asked_for_it(published, requested, how):
    before = {name: published.rows(name, day(3)) for name in ("silver/transactions", "gold/customer_360")}
    gold = published.files("gold/customer_360", day(3))
    published.land("transactions", day(3), REFUSED)
    published.land("transactions", day(4), LATER, name="b.csv")
    ingest(published.ports)

    if how == "sync":
        assert len(published.sync().problems) == 1
    else:
        assert not published.run_range(day(3), day(4), *TRANSACTIONS).success

    assert requested() == dates(4)
    assert {name: published.rows(name, day(3)) for name in before} == before
    assert published.files("gold/customer_360", day(3)) == gold
    assert all(before.values())
