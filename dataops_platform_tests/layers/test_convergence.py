"""Whatever happens on the way, and wherever it is cut off, the tables end as those of one clean run."""

import os
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from itertools import count

import dagster as dg
import pandera.pandas as pandera
import pytest
from deltalake import DeltaTable
from hypothesis import Phase, given, settings

from dataops_platform.core.contract import Money, Table
from dataops_platform.errors import NoSuchPartition
from dataops_platform.layers import gold, quarantine
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.crashing_ports import Crash, Fuse
from dataops_platform_tests.layers.schedules import (
    CUSTOMERS,
    FINAL,
    FIRST,
    LAST,
    PAYMENTS,
    PLACES,
    TWICE,
    ContractChange,
    Landing,
    RangeRun,
    Release,
    Replay,
    Sync,
    schedules,
)
from dataops_platform_tests.layers.small_platform import SmallPlatform, day

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: Each is some ten runs. SCHEDULES=300 looks further, at other ones each time.
MANY = int(os.environ.get("SCHEDULES", "0"))
NAMES = {"customers", "transactions", "web_events", "support_tickets", "customer_360"}
TABLES = tuple(table for table in load_tables() if table.name in NAMES)
SOURCES = sorted(NAMES - {"customer_360"})


def stricter(table):
    """The same table, whose payments are of two at least."""
    columns = {**table.contract.columns, "amount": pandera.Column(Money, pandera.Check.ge(2), nullable=False)}
    return Table(replace(table.contract, columns=columns), table.function)


CHANGED = tuple(stricter(table) if table.name == "transactions" else table for table in TABLES)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """A range of five dates is several chunks of gold, so that a crash can come between them."""
    monkeypatch.setattr(gold, "DATES_A_CHUNK", 2)


@pytest.fixture
def new(engine, tmp_path):
    """Makes an empty platform, another one each time."""
    numbers = count()
    with dg.DagsterInstance.ephemeral() as instance:
        yield lambda: SmallPlatform(tmp_path / str(next(numbers)), engine, TABLES, instance)


def transactions(small):
    return small.ports.table("transactions")


def release_all(small):
    entries = small.ports.journal.state().of("silver", "transactions").values()
    dates = [entry.ingestion_date for entry in entries if not entry.accepted]
    if dates:
        quarantine.release(small.ports, transactions(small), dates, by="ann", reason="checked")


def replay(small, numbers):
    try:
        dates = [day(number) for number in numbers] if numbers else None
        quarantine.replay(small.ports, transactions(small), dates, by="ann")
    except NoSuchPartition:
        assert numbers


def act(small, one):
    """One act of a schedule; where the process dies in it, the next act is a new process."""
    match one:
        case Landing(table, number, text, name):
            small.land(table, day(number), text, name=name)
        case Sync(place, times):
            small.fuse = Fuse(place, times)
            try:
                small.sync()
            except Crash:
                assert place
        case RangeRun(keys, first, last, place, times):
            small.fuse = Fuse(place, times)
            small.run_range(day(first), day(last), *keys)
        case ContractChange():
            small.tables = CHANGED if small.tables is TABLES else TABLES
        case Replay(numbers):
            replay(small, numbers)
        case Release():
            release_all(small)
    small.fuse = Fuse()


def end(small):
    """What is refused is released, and what another contract judged is judged again: published as in a clean run."""
    small.tables = CHANGED
    small.sync()
    replay(small, None)
    release_all(small)
    assert small.sync().problems == []
    return published(small)


def published(small):
    """Every published row, without the second at which its file landed, in which schedules do differ."""
    names = [f"{layer}/{name}" for layer in ("bronze", "silver", "quarantine") for name in SOURCES]
    return {
        name: sorted(
            repr(sorted((column, value) for column, value in row.items() if column != "_ingested_at"))
            for row in small.rows(name)
        )
        for name in [*names, "gold/customer_360"]
    }


def versions(small):
    """The Delta version of every table of the lake, the platform's own among them."""
    lake = small.folder / "lake"
    return {
        log.parent.relative_to(lake): DeltaTable(log.parent).version() for log in lake.rglob("_delta_log")
    }


def places(small, name):
    found = defaultdict(list)
    for row in small.rows(name):
        found[row["ingestion_date"]].append((row["_source_object"], row["_position"]))
    return {on: sorted(rows) for on, rows in found.items()}


def assert_every_row_is_in_its_place(small):
    """Silver + quarantine = bronze of every date; of a refused one quarantine = bronze."""
    for name in SOURCES:
        judged = small.ports.journal.state().of("silver", name)
        layers = {layer: places(small, f"{layer}/{name}") for layer in ("bronze", "silver", "quarantine")}
        assert set(layers["bronze"]) == set(judged)
        for on, rows in layers["bronze"].items():
            silver = layers["silver"].get(on, []) if judged[on].accepted else []
            assert sorted(silver + layers["quarantine"].get(on, [])) == rows, (name, on)


def assert_gold_is_what_silver_says(small):
    before = published(small)["gold/customer_360"]
    assert small.run_range(day(FIRST), day(LAST), "gold/customer_360").success
    assert published(small)["gold/customer_360"] == before


@pytest.fixture
def clean(new):
    """The tables of one clean run over all that lands in the end."""
    small = new()
    for one in FINAL:
        act(small, one)
    found = end(small)
    assert all(
        found[name] for name in ("silver/transactions", "quarantine/transactions", "gold/customer_360")
    )
    return found


def test_any_schedule_ends_in_the_tables_of_one_clean_run(new, clean):
    # Shrinking a failure would take minutes: where many are asked for, there is time for it.
    few = settings(max_examples=3, derandomize=True, database=None, phases=[Phase.generate])

    @(settings(max_examples=MANY) if MANY else few)
    @given(schedules())
    def holds(schedule):
        small = new()
        for one in schedule:
            act(small, one)

        small.sync()

        assert_every_row_is_in_its_place(small)
        assert_gold_is_what_silver_says(small)
        before = versions(small)
        assert not small.sync().due
        assert versions(small) == before
        assert end(small) == clean
        assert_every_row_is_in_its_place(small)

    holds()


def test_wherever_a_sync_dies_the_next_one_ends_its_work(new):
    small = new()
    for one in FINAL:
        act(small, one)
    small.sync()
    for paid, place in enumerate(PLACES, 10):
        # One row for silver, and one for quarantine.
        small.land("transactions", day(4), PAYMENTS + f"c2,t5,2026-01-03,x{paid}\nc2,t6,2026-01-03,{paid}\n")
        small.fuse = Fuse(place)
        with suppress(Crash):
            small.sync()
        assert small.fuse.is_burnt, f"no sync comes by {place}"
        small.fuse = Fuse()

        small.sync()

        assert small.column("quarantine/transactions", "amount", day(4)) == [f"x{paid}"], place
        spent = {row["customer_id"]: row["total_spend"] for row in small.rows("gold/customer_360", day(6))}
        assert spent["c2"] == 1 + paid, place
        assert_every_row_is_in_its_place(small)
    assert not small.sync().due


@pytest.mark.parametrize("known", ["", "c1,t,2026-01-01,5\n"], ids=["the first", "another one"])
def test_a_publication_nobody_remembers_reaches_gold_though_its_date_is_refused_meanwhile(new, known):
    small = new()
    for number in (2, 4):
        act(small, Landing("customers", number, CUSTOMERS + "c1,Ana,SP\n"))
    if known:
        act(small, Landing("transactions", 3, PAYMENTS + known))
    act(small, Sync())
    act(small, Landing("transactions", 3, PAYMENTS + "c1,t,2026-01-01,7\n"))
    act(small, Sync("after replace silver/transactions"))
    act(small, Landing("transactions", 3, TWICE, "b.csv"))

    assert len(small.sync().problems) == 1

    assert small.column("silver/transactions", "amount", day(3)) == [7]
    assert_gold_is_what_silver_says(small)
    assert small.column("gold/customer_360", "total_spend", day(4)) == [7]
    assert not small.sync().due


def test_dates_are_judged_by_a_contract_that_came_back_after_they_were_replayed_by_it(new):
    small = new()
    act(small, Landing("transactions", 2, PAYMENTS + "c1,t,2026-01-01,1\n"))
    act(small, Sync())
    for one in (ContractChange(), Replay(None), ContractChange(), Sync(), ContractChange(), Replay(None)):
        act(small, one)

    small.sync()

    assert small.rows("silver/transactions") == []
