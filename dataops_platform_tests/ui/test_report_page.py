"""What people see of the quality report, in a real browser: opened from a folder, wide and on a phone, and printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

from dataops_platform.catalog.report_page import report_page
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.observability.remembered import Remembered, day, orders
from dataops_platform_tests.ui.browser import IN_A_BROWSER, DagsterPages, chromium

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = IN_A_BROWSER

HOSTILE = "</style><script>document.title='owned'</script><img src=x onerror=document.title='owned'>\u202e"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a table of which everything happened, some of it said by somebody hostile."""
    root = tmp_path_factory.mktemp("report")
    remembered = Remembered(DeltaLake(str(root / "lake"), EmbeddedEngine()), orders(owner=f"team:{HOSTILE}"))
    remembered.judged(1, 2, 3)
    remembered.judged(4, held=9)
    remembered.judged(5, held=100, message=f"orders of 2026-03-05 was refused: {HOSTILE}")
    remembered.judged(7)
    remembered.incident("refused", "late")
    past = {day(1 + number): 1000.0 + number for number in range(7)}
    remembered.measured("row_count", {**past, day(8): 10.0})
    remembered.measured("amount_is_valid_failed", {day(8): 4.0})
    path = root / "data_quality_report.html"
    path.write_bytes(report_page(remembered.report(), (remembered.table,)))
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def seen(browser: Chrome, page: Path, tmp_path: Path) -> Iterator[DagsterPages]:
    """The page, opened from its folder; nothing of it may break its own policy."""
    pages = DagsterPages(browser, f"file://{page}", tmp_path)
    pages.open("")
    yield pages
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def test_the_states_the_refusal_and_what_was_unusual_are_seen_and_hostile_words_are_words(seen):
    told = seen.text()

    assert "orders of 2026-03-05 was refused: </style><script>" in told
    assert "1 table needs people, 1 date refused" in told
    assert "2026-03-08: row_count is 10; " in told
    assert seen.driver.title == "Data quality, 2026-03-01 to 2026-03-09"
    assert seen.driver.find_elements(By.CSS_SELECTOR, "script, img") == []
    strip = seen.find('//*[@class="heat"]//*[local-name()="svg"]').get_attribute("aria-label")
    assert strip == (
        "silver/orders: 4 published; 1 published, some rows in quarantine; 1 refused; 1 missing; 1 late"
    )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_has_to_move_it_sideways_and_its_styles_hold(seen, width, scheme):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    seen.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    seen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
    seen.open("")

    assert seen.driver.execute_script("return document.documentElement.scrollWidth") <= width
    paper = seen.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(20, 24, 27)") is (scheme == "dark"), "the page's own style is refused by its policy"
    seen.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    seen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_it_prints_on_a_few_sheets(seen):
    pdf = seen.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})

    assert pdf["data"].startswith("JVBERi0")  # %PDF-
