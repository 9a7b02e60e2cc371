"""The charts of a table's quality in a real browser: by keyboard and in words, and as the table of numbers without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dataops_platform.catalog.findings import Findings
from dataops_platform.catalog.history import Outcome, TableHistory
from dataops_platform.catalog.site import site
from dataops_platform.commands.docs import write
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform_tests.catalog.found_lake import NOW, FoundLake, day, people, rows
from dataops_platform_tests.ui.browser import IN_A_BROWSER, DagsterPages
from dataops_platform_tests.ui.catalog_site import complaints

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = IN_A_BROWSER

ROWS = [(100_000, 1, ""), (0, 0, ""), (60_000, 60_000, "people of 2026-01-03 was refused.")]
# How many points of the chart have the colours of these names, in their order.
POINTS = """const [canvas, names] = arguments, context = canvas.getContext('2d');
const told = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const parts = (colour) => colour.match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16));
const colours = names.map((name) => [...parts(told(name)), 255].join());
const found = context.getImageData(0, 0, canvas.width, canvas.height).data;
const counts = names.map(() => 0);
for (let at = 0; at < found.length; at += 4) {
  const place = colours.indexOf(found.slice(at, at + 4).join());
  if (place >= 0) counts[place] += 1;
}
return counts;"""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of a table of which three dates were judged, one of them refused, and of the bronze before it."""
    folder = tmp_path_factory.mktemp("judged")
    lake = FoundLake(str(folder / "lake"), FolderStore(folder / "lake"))
    for layer in ("bronze", "silver"):
        lake.write(f"{layer}/people", rows(1, 3, 3))
    outcomes = tuple(
        Outcome(day(number), count, held, not message, message, NOW)
        for number, (count, held, message) in enumerate(ROWS, start=1)
    )
    history = TableHistory(outcomes, day(2), {"email_null_pct": {day(1): 2.5, day(3): 50.0}})
    write(site(Findings(lake.document(people()), {"silver/people": history})), folder / "site")
    return folder / "site"


@pytest.fixture
def quality(judged: Path, browser: Chrome, tmp_path: Path) -> Iterator[DagsterPages]:
    yield DagsterPages(browser, judged.as_uri(), tmp_path)
    assert complaints(browser) == []


def charts(pages: DagsterPages) -> dict[str, str]:
    """The words that each chart says of its date, by the chart's title."""
    pages.find('//*[@role="slider"]//canvas')
    found = pages.driver.find_elements(By.CSS_SELECTOR, "figure.chart")
    return {
        one.find_element(By.TAG_NAME, "figcaption").text: one.find_element(By.TAG_NAME, "p").text
        for one in found
    }


def test_arrow_keys_move_through_the_dates_of_all_charts_and_each_says_what_it_shows(quality):
    quality.open("/tables/silver-people.html")
    assert charts(quality) == {
        "Rows judged": "2026-01-03: 60,000 rows, 60,000 in quarantine, refused",
        "email without a value": "2026-01-03: 50 %",
    }
    slider = quality.find('//*[@role="slider"]')

    slider.send_keys(Keys.HOME)
    first = charts(quality)
    slider.send_keys(Keys.ARROW_RIGHT)

    assert first == {
        "Rows judged": "2026-01-01: 100,000 rows, 1 in quarantine, published, some held",
        "email without a value": "2026-01-01: 2.5 %",
    }
    assert slider.get_attribute("aria-valuetext") == "2026-01-02: 0 rows, 0 in quarantine, published"
    assert slider.get_attribute("aria-label") == "Rows judged by ingestion date"
    assert quality.driver.switch_to.active_element == slider


def test_one_row_in_quarantine_of_thousands_can_be_seen(quality):
    quality.open("/tables/silver-people.html")
    canvas = quality.find('//*[@role="slider"]//canvas')

    held, published, refused = quality.driver.execute_script(POINTS, canvas, ["held", "published", "refused"])

    assert held >= 9
    assert published > refused > held


def test_a_table_that_nobody_judges_has_a_chart_of_its_rows(quality):
    quality.open("/tables/bronze-people.html")
    quality.find('//section[@aria-labelledby="partitions"]//h2').location_once_scrolled_into_view  # noqa: B018  # scrolls

    assert charts(quality) == {"Rows": "2026-01-03: 2 rows"}


def test_without_scripts_every_number_of_a_chart_is_in_the_table_below(quality):
    quality.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        quality.open("/tables/silver-people.html")
        quality.click('//summary[.="Numbers by date"]')
        told = quality.find('//*[@id="numbers"]/tbody').text.splitlines()
    finally:
        quality.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    days = [(date(2026, 1, 3) - timedelta(days=number)).isoformat() for number in range(3)]
    assert [line.split()[0] for line in told] == days
    assert told[0].split()[1:] == ["refused", "60,000", "60,000", "50"]
