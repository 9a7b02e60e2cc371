"""What people do in Dagster's pages: materialise, switch the sensor on, backfill, and see what became of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dataops_platform.demo.ports import free_ports
from dataops_platform.demo.s3_server import S3Server
from dataops_platform_tests.ui.browser import CHROMEDRIVER, CHROMIUM, DagsterPages, chromium

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and CHROMEDRIVER),
        reason="needs Chromium and its driver on PATH (Debian: apt-get install chromium chromium-driver)",
    ),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's /proc"),
]

REPOSITORY = Path(__file__).resolve().parents[2]
CUSTOMERS = "customer_id,name,email,signup_region,signup_date,city\n"
LANDED = {
    "customers/dt=2026-06-01/a.csv": CUSTOMERS + "c1,Ada,ADA@x.org,north,2026-01-01,Rome\n",
    "transactions/dt=2026-06-01/a.csv": (
        "customer_id,transaction_id,transaction_date,amount,payment_type,product_id\n"
        "c1,t1,2026-06-01,10.50,card,p1\n"
        "c1,t2,2026-06-01,-1.00,card,p1\n"  # no payment is negative
        "c1,t3,2026-06-01,5.00,card,p2\n"
    ),
    **{
        f"products/dt=2026-06-0{day}/a.csv": f"product_id,name,category,price\np{day},Lamp,light,{day}.50\n"
        for day in (1, 2, 3)
    },
}
WITHIN = 120.0


@dataclass(frozen=True)
class Running:
    """`dataops dev` as it runs: where its pages are, and its lake, read without any code of the platform."""

    url: str
    s3: S3Server

    def land(self, key: str, text: str) -> None:
        """A file is in the landing bucket."""
        with closing(self.s3.client()) as client:
            client.put_object(Bucket="landing", Key=key, Body=text.encode())

    def version(self, table: str) -> int:
        """The Delta version of a table; -1 where it was never written."""
        from deltalake import DeltaTable  # noqa: PLC0415

        storage = self.s3.environment()
        exists = DeltaTable.is_deltatable(f"s3://lake/{table}", storage)
        return DeltaTable(f"s3://lake/{table}", storage_options=storage).version() if exists else -1

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of a Delta table, in order; none where it was never written."""
        from deltalake import DeltaTable  # noqa: PLC0415

        if self.version(table) < 0:
            return []
        found = DeltaTable(f"s3://lake/{table}", storage_options=self.s3.environment())
        return sorted(
            tuple(row[c] for c in columns)
            for row in found.to_pyarrow_table(columns=list(columns)).to_pylist()
        )


def processes_of(folder: Path) -> set[int]:
    """Every process that was started on this folder, whatever became of its parent."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
        if os.fsencode(folder) in told:
            found.add(int(process.name))
    return found - {os.getpid()}


@contextmanager
def dataops_dev(folder: Path) -> Iterator[Running]:
    """`dataops dev` is ready, on free ports and without the demo's data; afterwards nothing of it is left."""
    (folder / "s3").mkdir()  # where there is one, the demo's month of files does not land
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port, s3_port = free.getsockname()[1], free_ports(None).s3
    command = [sys.executable, "-m", "dataops_platform.cli", "dev", "--folder", str(folder)]
    command += ["--port", str(port), "--s3-port", str(s3_port)]
    log = folder / "dev.log"
    with log.open("wb") as words:
        environment = os.environ | {"DATAOPS_SENSORS": "off", "PYTHONUNBUFFERED": "1"}
        child = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=words, stderr=words)
    try:
        wait_for_words(child, log, "Ctrl-C")
        assert processes_of(folder) > {child.pid}
        yield Running(f"http://127.0.0.1:{port}", s3_server(folder, s3_port))
        child.send_signal(signal.SIGTERM)
        assert child.wait(WITHIN) == 0, log.read_text()
        left = processes_of(folder)
        assert not left, f"processes outlive `dataops dev`: {left}"
    finally:
        child.kill()
        child.wait()


def wait_for_words(child: subprocess.Popen[bytes], log: Path, words: str) -> None:
    for _ in range(int(WITHIN / 0.25)):
        if words in log.read_text():
            return
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"`dataops dev` ended with {child.wait(0.25)}: {log.read_text()}")
    pytest.fail(f"`dataops dev` was not ready within {WITHIN:.0f} s: {log.read_text()}")


def s3_server(folder: Path, port: int) -> S3Server:
    keys = json.loads((folder / "s3" / "s3.json").read_text())["identities"][0]["credentials"][0]
    return S3Server(f"http://127.0.0.1:{port}", keys["accessKey"], keys["secretKey"], folder / "s3", 0)


def keep_in_raw_zone(running: Running) -> None:
    """What has landed is in the raw zone, as the sensor would bring it there; no table was loaded."""
    from dataops_platform.commands.sync import open_platform  # noqa: PLC0415  # imports dagster
    from dataops_platform.layers.runs import ingest  # noqa: PLC0415
    from dataops_platform.resources.environments import read_settings  # noqa: PLC0415
    from dataops_platform.tables import load_tables  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        for name, value in running.s3.environment().items():
            patch.setenv(name, value)
        with open_platform(read_settings({"DATAOPS_FIRST_DATE": "2026-06-01"}), load_tables()) as platform:
            ingest(platform)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with dataops_dev(tmp_path_factory.mktemp("dev")) as started:
        for key, text in LANDED.items():
            started.land(key, text)
        keep_in_raw_zone(started)
        yield started


@pytest.fixture
def pages(running: Running, tmp_path: Path) -> Iterator[DagsterPages]:
    with chromium(tmp_path / "profile") as driver:
        yield DagsterPages(driver, running.url, tmp_path)


def test_a_partition_is_materialised_by_hand_and_its_checks_say_what_is_wrong_with_it(running, pages):
    for asset in ("bronze/transactions", "silver/transactions"):
        pages.open(f"/assets/{asset}")
        assert pages.materialize("Materialize", "2026-06-01", 1).startswith("Launched run")
        pages.follow_to_success()

    assert pages.checks("silver/transactions") == {
        "amount_is_present": "Succeeded",
        "amount_is_valid": "Failed",
        "customer_id_is_present": "Succeeded",
        "key_is_unique": "Succeeded",
        "row_is_readable": "Succeeded",
        "transaction_date_is_present": "Succeeded",
        "transaction_date_is_valid": "Succeeded",
        "transaction_id_is_present": "Succeeded",
    }
    pages.click('//*[text()="amount_is_valid"]')
    pages.see("1 of 3 rows fail.")
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

    published = ("c9", "south")
    wanted = lambda: published in running.rows("gold/customer_360", "customer_id", "signup_region")  # noqa: E731
    pages.until(wanted, "gold to hold the customer that landed")
    pages.open("/runs")
    pages.click('//*[@data-index][.//*[text()="landing_sensor"]]//a[contains(@href, "/runs/")]')
    pages.see_success()
    assert set(pages.checks("gold/customer_360").values()) == {"Succeeded"}
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
