"""Two of everything at once: processes, backfills and sensors that meet on one date, and a database somebody holds."""

import sqlite3
import threading
import time

import dagster as dg
import pytest

from dataops_platform_tests.layers.small_platform import SmallPlatform, day
from dataops_platform_tests.reliability.after_a_fault import assert_whole
from dataops_platform_tests.reliability.crashing import started

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PAYMENTS = "customer_id,transaction_id,transaction_date,amount\n"
FILES = {
    number: f"{PAYMENTS}c1,t{number},2026-01-01,1\nc1,x{number},2026-01-01,x\n" for number in range(1, 5)
}
ACCEPTED = [(f"transactions/dt={day(number)}/a.csv", text.encode()) for number, text in FILES.items()]


@pytest.fixture
def tables(shipped_tables):
    """Payments alone."""
    return [table for table in shipped_tables if table.name == "transactions"]


@pytest.fixture
def shop(platform_of, tables):
    platform = platform_of(tables)
    for number, text in FILES.items():
        platform.land("transactions", day(number), text)
    return platform


def assert_all_is_there(shop):
    assert shop.column("silver/transactions", "transaction_id") == [f"t{number}" for number in FILES]
    assert shop.column("quarantine/transactions", "transaction_id") == [f"x{number}" for number in FILES]
    assert_whole(shop, ACCEPTED)


def test_two_daemons_that_run_the_same_work_at_once_end_with_the_tables_of_one(shop):
    others = [started(shop.folder, "transactions") for _ in range(2)]
    for other in others:
        other.join(timeout=120)

    shop.sync()

    assert_all_is_there(shop)


def test_a_backfill_and_the_sensor_on_the_same_dates_end_with_the_tables_of_one(shop):
    other = started(shop.folder, "transactions")

    shop.run_range(day(1), day(4), "bronze/transactions", "silver/transactions", "quarantine/transactions")

    other.join(timeout=120)
    shop.sync()
    assert_all_is_there(shop)


def test_a_daemon_that_was_restarted_goes_on_where_the_tables_are(shop, engine, tables):
    shop.sync()
    shop.land("transactions", day(5), PAYMENTS + "c1,t5,2026-01-01,1\n")

    with dg.DagsterInstance.ephemeral() as another:  # it remembers nothing of what the first one did
        restarted = SmallPlatform(shop.folder, engine, tables, another)
        done = restarted.sync()

    assert [found.ingestion_date for found in done.ingested.copied] == [day(5)]
    assert done.due.sources == {"transactions": [day(5)]}


def test_a_locked_database_of_dagster_delays_a_sync_and_no_more(shop, engine, tables, tmp_path):
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as instance:
        locked = SmallPlatform(shop.folder, engine, tables, instance)
        database = tmp_path / "home" / "history" / "runs.db"
        assert database.exists()
        holder = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")

        def let_go() -> None:
            time.sleep(1)
            holder.execute("COMMIT")

        letting_go = threading.Thread(target=let_go)
        letting_go.start()
        done = locked.sync()
        letting_go.join()
        holder.close()

    assert done.problems == []
    assert_all_is_there(shop)


def test_a_raw_object_that_was_changed_is_told_and_what_was_published_stays(shop):
    shop.sync()
    published = shop.published()
    [raw] = [path for path in (shop.folder / "lake" / "bronze").rglob("*_a.csv") if "2026/01/03" in str(path)]
    sound = raw.read_bytes()
    raw.write_bytes(sound.replace(b"t3", b"t8"))

    result = shop.run_range(
        day(3), day(3), "bronze/transactions", "silver/transactions", "quarantine/transactions"
    )

    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "holds other bytes than were copied there" in failure.step_failure_data.error.to_string()
    assert shop.published() == published
    raw.write_bytes(sound)
    assert_all_is_there(shop)
