"""Any order, split, repetition and crash of landing and syncing gives the same published tables."""

import random
from functools import partial

import dagster as dg
import pytest

from dataops_platform.landing.raw_zone import RawListing, RawZone
from dataops_platform.layers import gold, steps
from dataops_platform.layers.stretches import stretches
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import SmallPlatform, day

CUSTOMERS = "customer_id,name,signup_region\n"
PAYMENTS = "customer_id,transaction_id,transaction_date,amount\n"
EVENTS = "event_id,customer_id,event_date\n"
TICKETS = "ticket_id,customer_id,status\n"
#: What lands, in any order: table, ingestion date, file, text.
FILES = [
    ("customers", 2, "a.csv", CUSTOMERS + "c1,Ana,SP\nc2,Bo,RJ\n"),
    ("customers", 3, "a.csv", CUSTOMERS + "c1,Ana Maria,SP\n"),
    ("transactions", 2, "a.csv", PAYMENTS + "c1,t1,2026-01-01,600\nc1,t2,2026-01-01,x\n"),
    ("transactions", 2, "b.csv", PAYMENTS + "c2,t3,2026-01-01,5\n"),
    ("transactions", 3, "a.csv", PAYMENTS + "c2,t4,2026-01-02,7\n" * 2),  # refused: one key in two rows
    ("transactions", 4, "a.csv", PAYMENTS + "c2,t5,2026-01-03,1.00\n"),
    ("web_events", 3, "a.csv", EVENTS + "e1,c1,2026-01-02\n"),
    ("support_tickets", 4, "a.csv", TICKETS + "s1,c2,OPEN\n"),
]
#: Lands after all others, under the key of the refused file.
CORRECTED = ("transactions", 3, "a.csv", PAYMENTS + "c2,t4,2026-01-02,7\n")
TABLES = [f"{layer}/transactions" for layer in ("bronze", "silver", "quarantine")]
TABLES += ["silver/customers", "silver/web_events", "silver/support_tickets", "gold/customer_360"]


def land(platform, file):
    table, number, name, text = file
    platform.land(table, day(number), text, name=name)


def published(platform):
    """Every row of every table, without the second at which its file landed, in which schedules do differ."""
    return {
        table: sorted(
            repr(sorted((name, value) for name, value in row.items() if name != "_ingested_at"))
            for row in platform.rows(table)
        )
        for table in TABLES
    }


@pytest.fixture
def new(platform_of, shipped_tables):
    """Makes an empty platform of that name."""
    return lambda name: platform_of(shipped_tables, name)


@pytest.fixture(scope="module")
def at_once(engine, tmp_path_factory):
    """The tables when everything had landed before the one sync."""
    with dg.DagsterInstance.ephemeral() as instance:
        platform = SmallPlatform(tmp_path_factory.mktemp("at_once"), engine, load_tables(), instance)
        for file in [*FILES, CORRECTED]:
            land(platform, file)
        assert platform.sync().problems == []
        return published(platform)


@pytest.mark.parametrize("seed", range(2))
def test_any_order_and_split_of_landing_and_syncing_gives_the_same_tables(new, at_once, seed):
    chance = random.Random(seed)  # noqa: S311  # the same schedule each time
    platform = new("step_by_step")
    for file in chance.sample(FILES, k=len(FILES)):
        land(platform, file)
        if chance.random() < 0.4:
            platform.sync()
    land(platform, CORRECTED)
    platform.sync()

    platform.sync()

    assert published(platform) == at_once
    assert all(at_once[table] for table in TABLES)


def test_however_few_rows_are_looked_at_together_the_tables_are_the_same(new, at_once, monkeypatch):
    monkeypatch.setattr(gold, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(steps, "stretches", partial(stretches, at_once=1))
    platform = new("by_parts")
    for file in [*FILES, CORRECTED]:
        land(platform, file)

    assert platform.sync().problems == []

    assert published(platform) == at_once


def test_a_crash_between_bronze_and_silver_is_caught_up_by_the_next_sync(new, at_once):
    platform = new("cut_off")
    for file in [*FILES, CORRECTED]:
        land(platform, file)
    platform.load_bronze("transactions", [day(2), day(3)])

    assert platform.sync().problems == []

    assert published(platform) == at_once


def test_a_run_that_saw_nothing_of_a_date_replaces_nothing_that_another_has_loaded_meanwhile(new):
    platform = new("at_once")
    land(platform, FILES[3])
    blind = platform.ports
    platform.sync()
    tables = platform.published()
    seen_before = RawListing(frozenset())

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RawZone, "listing", lambda _zone, _dates=None: seen_before)
        steps.load_bronze(blind, blind.table("transactions"), [day(2)], "blind")
    steps.publish_silver(blind, blind.table("transactions"), [day(2)], "blind")

    assert platform.published() == tables
    assert not platform.sync().due


def test_a_late_file_refreshes_the_snapshots_of_its_date_and_after_and_no_earlier_one(new):
    platform = new("late")
    for number in (2, 3, 4):
        platform.land("customers", day(number), CUSTOMERS + f"c{number},x,SP\n")
    platform.sync()
    first = platform.files("gold/customer_360", day(2))
    platform.land("transactions", day(3), PAYMENTS + "c2,t1,2026-01-01,7.50\n")

    platform.sync()

    spend = {
        (row["ingestion_date"], row["customer_id"]): str(row["total_spend"])
        for row in platform.rows("gold/customer_360")
    }
    assert spend == {
        (day(2), "c2"): "0.00",
        (day(3), "c2"): "7.50",
        (day(3), "c3"): "0.00",
        (day(4), "c2"): "7.50",
        (day(4), "c3"): "0.00",
        (day(4), "c4"): "0.00",
    }
    assert platform.files("gold/customer_360", day(2)) == first


def test_gold_is_built_though_a_source_never_landed(new):
    platform = new("customers_only")
    platform.land("customers", day(2), CUSTOMERS + "c1,Ana,SP\n")

    assert platform.sync().problems == []

    assert platform.column("gold/customer_360", "customer_id") == ["c1"]


def test_a_snapshot_exists_for_each_date_on_which_anything_was_published_and_for_no_other(new):
    platform = new("gaps")
    platform.land("customers", day(2), CUSTOMERS + "c1,Ana,SP\n")
    platform.land("web_events", day(5), EVENTS + "e1,c1,2026-01-02\n")

    platform.sync()

    assert platform.column("gold/customer_360", "ingestion_date") == [day(2), day(5)]
