"""What people do in Dagster's pages: materialise, switch the sensor on, backfill, and see what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_platform_tests.listening import LOOPBACK, listening
from dataops_platform_tests.ui.browser import IN_A_BROWSER, DagsterPages, chromium
from dataops_platform_tests.ui.conftest import CUSTOMERS
from dataops_platform_tests.ui.dev_server import Running, processes_of

pytestmark = [
    *IN_A_BROWSER,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's /proc"),
]


@pytest.fixture
def pages(running: Running, tmp_path: Path) -> Iterator[DagsterPages]:
    with chromium(tmp_path / "profile") as driver:
        yield DagsterPages(driver, running.url, tmp_path)


def test_everything_that_is_served_here_listens_on_the_loopback_interface_only(running):
    ours = processes_of(running.s3.log.parent)

    found = listening(lambda process: process in ours)

    assert found.keys() >= {int(url.rpartition(":")[2]) for url in (running.url, running.s3.endpoint)}
    assert set(found.values()) <= LOOPBACK


def test_a_partition_is_materialised_by_hand_and_its_checks_say_what_is_wrong_with_it(running, pages):
    for asset in ("bronze/transactions", "silver/transactions"):
        pages.open(f"/assets/{asset}")
        assert pages.materialize("Materialize", "2026-06-01", 1).startswith("Launched run")
        pages.follow_to_success()

    assert pages.checks("silver/transactions") == {
        "amount_is_present": "Succeeded",
        "amount_is_valid": "Failed",
        "customer_id_is_present": "Succeeded",
        "duplicate_pct_is_usual": "Failed",  # too little history is no pass
        "key_is_unique": "Succeeded",
        "partition_is_accepted": "Succeeded",
        "quarantined_is_usual": "Failed",
        "row_count_is_usual": "Failed",
        "row_is_readable": "Succeeded",
        "transaction_date_is_present": "Succeeded",
        "transaction_date_is_valid": "Succeeded",
        "transaction_id_is_present": "Succeeded",
    }
    pages.click('//*[text()="amount_is_valid"]')
    pages.see("1 of 3 values of amount do not convert or break a rule.")
    assert [row[0] for row in running.rows("silver/transactions", "transaction_id")] == ["t1", "t3"]
    assert [row[0] for row in running.rows("quarantine/transactions", "transaction_id")] == ["t2"]


def test_the_sensor_once_switched_on_brings_a_landed_file_to_gold(running, pages):
    switch = '//label[starts-with(@for, "checkbox")]'
    sensor = "/locations/dataops_platform/sensors/landing_sensor"
    pages.open(sensor)
    assert not pages.find(f"{switch}/input").is_selected()

    pages.click(switch)
    pages.until(lambda: pages.find(f"{switch}/input").is_selected(), "the sensor to be switched on")
    running.land("customers/dt=2026-06-05/new.csv", CUSTOMERS + "c9,Grace,g@x.org,south,2026-06-05,Oslo\n")

    def is_in_gold() -> bool:
        return ("c9", "south") in running.rows("gold/customer_360", "customer_id", "signup_region")

    pages.until(is_in_gold, "gold to hold the customer that landed")
    pages.open("/runs")
    pages.click('//*[@data-index][.//*[text()="landing_sensor"]]//a[contains(@href, "/runs/")]')
    pages.see_success()
    asked = {name: end for name, end in pages.checks("gold/customer_360").items() if "usual" not in name}
    assert set(asked.values()) == {"Succeeded"}
    pages.open(sensor)
    pages.click(switch)
    pages.until(lambda: not pages.find(f"{switch}/input").is_selected(), "the sensor to be switched off")


def test_a_range_of_dates_is_backfilled_from_bronze_to_silver(running, pages):
    before = running.version("silver/products")
    pages.open("/assets/silver/products?view=lineage&lineageScope=upstream")
    launched = pages.materialize("Materialize all", "[2026-06-01...2026-06-03]", 3)
    assert launched.startswith("Created backfill")
    pages.follow_to_success()

    for layer in ("bronze", "silver"):
        pages.open(f"/assets/{layer}/products?view=partitions")
        pages.see("Materialized (3)")
        assert [row[0] for row in running.rows(f"{layer}/products", "product_id")] == ["p1", "p2", "p3"]
    assert running.version("silver/products") > before
