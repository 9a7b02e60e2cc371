"""The catalogue of a real shop's first days of February 2018, one of which landed twice over, in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dataops_platform_tests.integration.test_olist import REPOSITORY, SHOP
from dataops_platform_tests.ui.browser import IN_A_BROWSER, DagsterPages
from dataops_platform_tests.ui.catalog_site import complaints

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = IN_A_BROWSER
DAYS = [f"2018-02-{day:02}" for day in range(1, 5)]
REFUSED = "2018-02-03"


@pytest.fixture(scope="module")
def olist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of what a sync made of these days; the licence of the files keeps them out of the repository."""
    if not SHOP.is_dir():
        pytest.skip(f"no Olist landing files in {SHOP}: put them there to run this proof")
    folder = tmp_path_factory.mktemp("olist")
    for path in (path for day in DAYS for path in SHOP.rglob(f"dt={day}/*")):
        landed = folder / "landing" / path.relative_to(SHOP)
        landed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, landed)
    [file] = (folder / "landing" / "customers" / f"dt={REFUSED}").iterdir()
    header, *rows = file.read_text().splitlines()
    file.write_text("\n".join([header, *rows, *rows]) + "\n")  # every key occurs twice
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "DATAOPS_", "DAGSTER_"))}
    urls = {"DATAOPS_LANDING_URL": str(folder / "landing"), "DATAOPS_LAKE_URL": str(folder / "lake")}
    for command, code in (["sync"], 1), (["crawl"], 0), (["docs", "--out", str(folder / "site")], 0):
        done = subprocess.run(
            [sys.executable, "-m", "dataops_platform.cli", *command],
            env=inherited | urls,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout[-4000:] + done.stderr[-4000:]
    return folder / "site"


@pytest.fixture
def shop(olist: Path, browser: Chrome, tmp_path: Path) -> DagsterPages:
    return DagsterPages(browser, olist.as_uri(), tmp_path)


def test_the_pages_of_a_real_shop_tell_which_tables_hold_personal_data(shop):
    shop.open("/index.html")
    shop.click('//a[.="Personal data"]')
    shop.see("Tables that may hold personal data")

    assert {"silver/customers", "gold/customer_360"} <= set(shop.text().split())


def test_the_pages_of_a_real_shop_tell_what_breaks_downstream(shop):
    shop.open("/tables/silver-transactions.html")
    shop.click('//button[@data-of="silver/transactions.amount"]')
    shop.see("If silver/transactions.amount changes")

    assert shop.find('//*[@data-kind="breaks"]//a').text == "gold/customer_360"
    assert "gold/customer_360.total_spend" in shop.find('//*[@data-kind="made"]').text


def test_the_pages_of_a_real_shop_tell_when_customers_last_passed_and_why_a_date_was_refused(shop):
    shop.open("/index.html")
    shop.click('//a[.="customers"]')
    shop.see("Refused dates")

    assert shop.find('//*[@id="last-passed"]').text == DAYS[-1]
    refused = shop.find('//*[@class="refusals"]').text
    assert f"customers of {REFUSED} was refused: " in refused
    assert "key" in refused.partition("refused: ")[2].partition(".")[0]


def test_no_page_of_a_real_shop_breaks_its_promise_or_can_only_be_read_sideways(shop, olist):
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    shop.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    for path in sorted(olist.rglob("*.html")):
        shop.open(f"/{path.relative_to(olist).as_posix()}")
        assert shop.driver.execute_script("return document.documentElement.scrollWidth") == 390, path.name
    shop.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert complaints(shop.driver) == []
