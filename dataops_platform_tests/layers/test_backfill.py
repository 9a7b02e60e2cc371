"""Backfills: stretch by stretch, taken up where they were cut off, and never moving a date nobody asked for."""

import dagster as dg
import pytest

from dataops_platform.layers.backfill import Backfill, backfill
from dataops_platform_tests.layers.crashing_ports import Crash, Fuse
from dataops_platform_tests.layers.small_platform import day

CUSTOMERS = "customer_id,name\n"
PAYMENTS = "customer_id,transaction_id,transaction_date,amount\n"
TWICE = PAYMENTS + "c1,t9,2026-01-01,1\n" * 2


@pytest.fixture
def shop(platform_of, shipped_tables):
    """Seven dates have landed, and nothing was done yet."""
    small = platform_of(shipped_tables)
    for number in range(2, 9):
        small.land("customers", day(number), CUSTOMERS + f"c{number},x\n")
        small.land("transactions", day(number), PAYMENTS + f"c2,t{number},2026-01-01,{number}\n")
    return small


def done(shop, first, last, *, days=3, layers=("bronze", "silver", "gold")):
    """What came of a backfill, and the stretches it told of."""
    told = []
    asked = Backfill(day(first), day(last), days, layers)
    result = backfill(shop.ports, shop.job, shop.instance, asked, lambda one, *_: told.append(one))
    return result, [(stretch.first, stretch.last) for stretch in told]


def runs(shop):
    """The range of every run, oldest first."""
    found = [
        tuple(run.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))
        for run in shop.instance.get_runs()
    ]
    return found[::-1]


def dates(shop, table):
    return sorted({row["ingestion_date"] for row in shop.rows(table)})


def test_a_range_is_done_in_stretches_oldest_first_and_equals_one_sync(shop, platform_of, shipped_tables):
    at_once = platform_of(shipped_tables, "at_once")
    for number in range(2, 9):
        at_once.land("customers", day(number), CUSTOMERS + f"c{number},x\n")
        at_once.land("transactions", day(number), PAYMENTS + f"c2,t{number},2026-01-01,{number}\n")
    at_once.sync()

    result, stretches = done(shop, 1, 8)

    assert (result.problems, bool(result.left)) == ([], False)
    assert stretches == [(day(1), day(3)), (day(4), day(6)), (day(7), day(8))]
    assert runs(shop)[-3:] == [
        ("2026-01-02", "2026-01-03"),
        ("2026-01-04", "2026-01-06"),
        ("2026-01-07", "2026-01-08"),
    ]
    drop = "_ingested_at"
    for table in ("silver/transactions", "silver/customers", "gold/customer_360"):
        found, expected = (
            sorted(repr({k: v for k, v in row.items() if k != drop}) for row in small.rows(table))
            for small in (shop, at_once)
        )
        assert found == expected != []
    assert not shop.sync().due


def test_a_backfill_that_was_cut_off_goes_on_with_the_stretch_it_was_in(shop):
    shop.fuse = Fuse("before replace silver/transactions", 2)
    with pytest.raises(Crash):
        done(shop, 2, 8)
    shop.fuse = Fuse()
    before = {number: shop.files("bronze/transactions", day(number)) for number in range(2, 8)}
    assert dates(shop, "silver/transactions") == [day(2), day(3), day(4)]

    result, stretches = done(shop, 2, 8)

    assert result.problems == []
    assert stretches == [(day(5), day(7)), (day(8), day(8))]
    assert {number: shop.files("bronze/transactions", day(number)) for number in range(2, 8)} == before
    assert dates(shop, "gold/customer_360") == [day(number) for number in range(2, 9)]
    assert done(shop, 2, 8)[1] == []


def test_old_dates_move_no_newer_one_but_the_snapshots_that_see_them_which_one_run_refreshes(shop):
    shop.sync()
    tables = [f"{layer}/{name}" for layer in ("bronze", "silver") for name in ("transactions", "customers")]
    before = {table: [shop.files(table, day(number)) for number in (2, *range(5, 9))] for table in tables}
    gold = {number: shop.files("gold/customer_360", day(number)) for number in range(2, 9)}
    count = len(runs(shop))
    for number in (3, 4):
        shop.land("transactions", day(number), PAYMENTS + f"c2,late{number},2026-01-01,100\n", name="b.csv")
    shop.land("transactions", day(7), PAYMENTS + "c2,t77,2026-01-01,1000\n", name="b.csv")

    result, stretches = done(shop, 2, 6, days=10)

    assert (result.problems, stretches) == ([], [(day(2), day(6))])
    assert {
        table: [shop.files(table, day(number)) for number in (2, *range(5, 9))] for table in tables
    } == before
    assert runs(shop)[count:] == [("2026-01-03", "2026-01-06"), ("2026-01-07", "2026-01-08")]
    moved = {
        number for number, files in gold.items() if shop.files("gold/customer_360", day(number)) != files
    }
    assert moved == set(range(3, 9))
    assert [sum(shop.column("gold/customer_360", "total_spend", day(number))) for number in (2, 3, 6, 8)] == [
        2,
        2 + 3 + 100,
        2 + 3 + 4 + 5 + 6 + 200,
        sum(range(2, 9)) + 200,
    ]


def test_a_late_file_refreshes_every_later_snapshot_in_one_range_run(shop):
    shop.sync()
    count = len(runs(shop))
    shop.land("transactions", day(3), PAYMENTS + "c2,late,2026-01-01,100\n", name="b.csv")

    shop.sync()

    assert runs(shop)[count:] == [("2026-01-03", "2026-01-08")]
    wanted = dg.AssetRecordsFilter(dg.AssetKey(["gold", "customer_360"]))
    found = shop.instance.fetch_materializations(wanted, limit=20).records
    [newest] = {record.run_id for record in found[:6]}
    assert {record.partition_key for record in found if record.run_id == newest} == {
        f"2026-01-0{number}" for number in range(3, 9)
    }


def test_only_the_layers_asked_for_are_filled(shop):
    done(shop, 2, 8, layers=("bronze",))
    assert (len(dates(shop, "bronze/transactions")), shop.rows("silver/transactions")) == (7, [])

    assert done(shop, 2, 4, layers=("silver",))[1] == [(day(2), day(4))]

    assert dates(shop, "silver/transactions") == [day(2), day(3), day(4)]
    assert shop.rows("gold/customer_360") == []


def test_a_refused_date_is_told_and_does_not_stop_the_stretches_after_it(shop):
    shop.land("transactions", day(3), TWICE)

    result, stretches = done(shop, 2, 8)

    assert [problem[:42] for problem in result.problems] == ["transactions of 2026-01-03 was refused: 1 "]
    assert len(stretches) == 3
    assert dates(shop, "silver/transactions") == [day(number) for number in range(2, 9) if number != 3]
    assert dates(shop, "gold/customer_360") == [day(number) for number in range(2, 9)]
    assert done(shop, 4, 8)[0].problems == []
