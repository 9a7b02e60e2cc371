"""One `dataops dev`, one catalogue and one browser for all tests: they take longer to start than any of them to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dataops_platform_tests.ui.browser import DagsterPages, chromium
from dataops_platform_tests.ui.catalog_site import complaints, served, shop_site
from dataops_platform_tests.ui.dev_server import Running, dataops_dev, keep_in_raw_zone

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from dataops_platform.engines.sail import EmbeddedEngine

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
    "support_tickets/dt=2026-06-04/a.csv": (
        "ticket_id,customer_id,status,opened_date\n"
        "k1,c1,OPEN,2026-06-04\n"
        "k1,c1,OPEN,2026-06-04\n"  # half of its keys occur twice: the date is refused
        "k2,c1,OPEN,2026-06-04\n"
    ),
}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with dataops_dev(tmp_path_factory.mktemp("dev")) as started:
        for key, text in LANDED.items():
            started.land(key, text)
        keep_in_raw_zone(started)
        yield started


@pytest.fixture(scope="session")
def folder(engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `site` is a catalogue; see `shop_site`."""
    return shop_site(tmp_path_factory.mktemp("shop"), engine)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(params=["folder", "server"])
def pages(
    request: pytest.FixtureRequest, folder: Path, browser: Chrome, tmp_path: Path
) -> Iterator[DagsterPages]:
    """The pages, opened from a folder or from a sub-path of a server; none may break what it promises its reader."""
    with served(folder) as address:
        where = f"file://{folder}" if request.param == "folder" else address
        yield DagsterPages(browser, f"{where}/site", tmp_path)
        told = complaints(browser)
        browser.get(
            "about:blank"
        )  # a page that stays open asks for its next version, also when its server is gone
    complaints(browser)
    assert told == []
