"""Quarantine: what is held and why, and the two ways out of it that need no new file."""

from dataclasses import replace

import dagster as dg
import pandera.pandas as pandera
import pytest

from dataops_platform.core.contract import Money, Table
from dataops_platform.errors import NoSuchPartition
from dataops_platform.layers import quarantine
from dataops_platform_tests.layers.small_platform import day

HEADER = "customer_id,transaction_id,transaction_date,amount\n"
SOUND = HEADER + "c1,t1,2026-01-01,1.00\n"
REFUSED = HEADER + "c1,t1,2026-01-01,1.00\nc1,t1,2026-01-01,2.00\nc1,t2,2026-01-01,x\nc1,t3,2026-01-01,4.00\n"
ANN = {"by": "ann", "reason": "counted twice"}


@pytest.fixture
def shop(platform_of, shipped_tables):
    """Customers, transactions and customer_360; of 3 January the transactions are refused."""
    names = {"customers", "transactions", "web_events", "support_tickets", "customer_360"}
    small = platform_of([table for table in shipped_tables if table.name in names])
    small.land("customers", day(2), "customer_id,name\nc1,A\n")
    small.land("transactions", day(2), SOUND)
    small.land("transactions", day(3), REFUSED)
    assert len(small.sync().problems) == 1
    return small


def transactions(shop):
    return shop.ports.table("transactions")


def released(shop, *days):
    return quarantine.release(shop.ports, transactions(shop), list(days), **ANN)


def places(rows):
    return sorted((row["_source_object"], row["_position"]) for row in rows)


def test_each_reason_is_listed_with_its_rows_and_when_they_landed(shop):
    [held] = quarantine.held(shop.ports, transactions(shop))

    assert (held.ingestion_date, held.rows, held.released_by, held.is_current) == (day(3), 4, None, True)
    assert held.refused.startswith("transactions of 2026-01-03 was refused: 1 key ")
    assert {reason.text.split(":")[0]: reason.rows for reason in held.reasons} == {
        "partition_is_accepted": 4,
        "key_is_unique": 1,
        "amount_is_valid": 1,
    }
    assert all(reason.first_landed == reason.last_landed for reason in held.reasons)


def why(shop, on):
    """What Dagster's page of quarantine/transactions says of a date: each check, its rows, and what was found."""
    [found] = shop.instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey(["quarantine", "transactions"]), asset_partitions=[str(on)]),
        limit=1,
    ).records
    told = found.asset_materialization.metadata.get("why")
    return [line.strip("| ").split(" | ") for line in told.value.splitlines()[2:]] if told else []


def test_dagsters_page_says_why_rows_are_held_with_the_counts_of_the_rows_themselves(shop):
    [held] = quarantine.held(shop.ports, transactions(shop))

    told = why(shop, day(3))

    assert {check: int(rows) for check, rows, _ in told} == {
        reason.text.split(":")[0]: reason.rows for reason in held.reasons
    }
    assert [found for _, _, found in told] == [
        "the partition as a whole was refused.",
        "1 of 4 values of amount do not convert or break a rule.",
        "refused, 1 key (customer_id, transaction_id) occurs more than once in 4 rows (25.0%, allowed 5%).",
    ]
    assert why(shop, day(2)) == [], "nothing is held of it"


def test_a_released_date_is_no_longer_told_as_refused(shop):
    released(shop, day(3))
    shop.sync()

    assert [line[:2] for line in why(shop, day(3))] == [["amount_is_valid", "1"], ["key_is_unique", "1"]]


def test_rows_are_shown_in_order_and_by_the_check_they_break(shop):
    every = quarantine.rows(shop.ports, transactions(shop), day(3), check=None, most=3)
    [broken] = quarantine.rows(shop.ports, transactions(shop), day(3), check="amount_is_valid", most=3)

    assert [row["_position"] for row in every] == [1, 2, 3]
    assert (broken["_position"], broken["amount"]) == (3, "x")


def test_what_is_not_held_cannot_be_shown(shop):
    with pytest.raises(NoSuchPartition, match="quarantine/transactions holds nothing of 2026-01-02"):
        quarantine.rows(shop.ports, transactions(shop), day(2), check=None, most=3)


def test_a_released_date_publishes_its_sound_rows_and_reaches_gold(shop):
    assert released(shop, day(3)) == [day(3)]

    assert shop.sync().problems == []

    assert shop.column("silver/transactions", "transaction_id", day(3)) == ["t1", "t3"]
    assert {row["_position"] for row in shop.rows("quarantine/transactions")} == {1, 3}
    both = shop.rows("silver/transactions") + shop.rows("quarantine/transactions")
    assert places(both) == places(shop.rows("bronze/transactions"))
    [customer] = shop.rows("gold/customer_360", day(3))
    assert str(customer["total_spend"]) == "6.00"


def test_releasing_twice_changes_nothing(shop):
    released(shop, day(3))
    shop.sync()
    before = shop.published()

    assert released(shop, day(3)) == []

    assert not shop.sync().due
    assert shop.published() == before


def test_a_release_speaks_of_what_had_landed_and_of_no_later_file(shop):
    released(shop, day(3))
    shop.sync()
    shop.land("transactions", day(3), HEADER + "c1,t9,2026-01-01,1\nc1,t9,2026-01-01,2\n", name="b.csv")

    assert len(shop.sync().problems) == 1

    assert shop.column("silver/transactions", "transaction_id", day(3)) == ["t1", "t3"]


@pytest.mark.parametrize("number", [2, 9], ids=["accepted", "never landed"])
def test_only_a_refused_date_can_be_released(shop, number):
    with pytest.raises(NoSuchPartition, match=f"transactions of 2026-01-0{number} is not refused"):
        released(shop, day(3), day(number))

    assert not shop.sync().due, "nothing was released"


@pytest.fixture
def changed(shop):
    """The same lake, whose contract of transactions has become stricter."""
    old = transactions(shop)
    columns = {**old.contract.columns, "amount": pandera.Column(Money, pandera.Check.ge(2), nullable=False)}
    stricter = Table(replace(old.contract, columns=columns), old.function)
    shop.tables = [stricter if table.name == "transactions" else table for table in shop.tables]
    return shop


def test_a_changed_contract_is_told_and_judges_old_dates_when_they_are_replayed(changed):
    assert [held.is_current for held in quarantine.held(changed.ports, transactions(changed))] == [
        False,
        False,
    ]
    assert changed.column("silver/transactions", "transaction_id") == ["t1"]

    assert quarantine.replay(changed.ports, transactions(changed), None, by="ann") == [day(2), day(3)]
    changed.sync()

    assert changed.rows("silver/transactions") == []
    assert all(held.is_current for held in quarantine.held(changed.ports, transactions(changed)))


def test_replaying_twice_changes_nothing_and_names_only_dates_of_an_older_contract(changed):
    quarantine.replay(changed.ports, transactions(changed), [day(2)], by="ann")
    changed.sync()
    before = changed.published()

    assert quarantine.replay(changed.ports, transactions(changed), [day(2)], by="ann") == []

    assert not changed.sync().due
    assert changed.published() == before


def test_a_date_that_was_never_judged_cannot_be_replayed(changed):
    with pytest.raises(NoSuchPartition, match="transactions of 2026-01-09 was never judged"):
        quarantine.replay(changed.ports, transactions(changed), [day(9)], by="ann")
