"""What people ask the catalogue's pages, in a real browser: opened from a folder, and served below a sub-path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dataops_platform_tests.ui.browser import IN_A_BROWSER
from dataops_platform_tests.ui.catalog_site import ADDRESS, complaints

if TYPE_CHECKING:
    from dataops_platform_tests.ui.browser import DagsterPages

pytestmark = IN_A_BROWSER


def search(pages: DagsterPages, words: str) -> None:
    field = pages.find('//*[@id="search"]')
    field.click()
    field.send_keys(words)
    pages.find('//*[@id="results"]/li')


def test_a_search_by_keyboard_finds_a_column_and_leads_to_it(pages):
    pages.open("/glossary.html")
    search(pages, "signup reg")

    pages.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    chosen = pages.find('//li[@aria-selected="true"]')
    assert "signup_region" in chosen.text
    field = pages.driver.find_element(By.ID, "search")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    pages.driver.switch_to.active_element.send_keys(Keys.ENTER)

    pages.until(lambda: "/tables/" in pages.driver.current_url, "to come to the table's page")
    place = pages.driver.current_url.partition("#")[2]
    assert "signup_region" in pages.find(f'//*[@id="{place}"]').text


def test_a_search_shows_the_table_of_that_name_that_people_use_first(pages):
    pages.open("/index.html")
    search(pages, "customers")

    first = pages.find('//*[@id="results"]/li/strong')
    assert first.text == "silver/customers"


def test_a_search_finds_what_was_typed_nearly_right_and_says_where_there_is_nothing(pages):
    pages.open("/index.html")
    search(pages, "custmers")
    assert pages.find('//*[@id="results"]/li/strong').text == "silver/customers"

    pages.driver.switch_to.active_element.clear()
    search(pages, "qqqq")

    assert pages.find('//*[@id="found"]').get_attribute("textContent") == "Nothing found"
    assert pages.find('//*[@id="results"]/li').text == "Nothing found"


def test_the_pages_tell_which_tables_hold_personal_data(pages):
    pages.open("/index.html")
    pages.click('//a[.="Personal data"]')
    pages.see("Tables that may hold personal data")

    told = {
        row.find_element(By.TAG_NAME, "th").text: row.find_elements(By.TAG_NAME, "td")[1].text
        for row in pages.driver.find_elements(By.XPATH, "//tbody/tr")
    }
    assert told["silver/customers"] == "customer_id, name, email, city"
    assert "gold/customer_360" in told
    assert "silver/products" not in told
    assert "b<img src=x>" in pages.text()  # nobody has said what it holds


def test_the_pages_tell_when_a_table_last_passed_and_why_a_date_was_refused(pages):
    pages.open("/index.html")
    pages.click('//a[.="customers"]')
    pages.see("Refused dates")

    assert pages.find('//*[@id="last-passed"]').text == "2026-01-01"
    told = pages.find('//*[@class="refusals"]').text
    assert "2026-01-02" in told
    assert "customers of 2026-01-02 was refused: " in told
    assert "partition_is_accepted: the partition as a whole was refused" in pages.text()


def test_hostile_names_and_values_are_text_and_no_personal_value_is_on_any_page(pages, folder):
    for path in sorted((folder / "site").rglob("*.html")):
        pages.open(f"/{path.relative_to(folder / 'site').as_posix()}")
        assert pages.driver.title.endswith("· Data catalogue")
        assert pages.driver.find_elements(By.TAG_NAME, "img") == []
        assert ADDRESS not in pages.driver.page_source
        assert "\u202e" not in pages.driver.page_source
    pages.open("/tables/silver-transactions.html")
    assert "<img src=x onerror=" in pages.text()
    search(pages, "onerror")
    assert "⟨202E⟩" in pages.find('//*[@id="results"]').text
    assert pages.driver.title.endswith("· Data catalogue")


def test_what_a_query_says_is_copied_at_a_press(pages):
    pages.open("/tables/silver-customers.html")
    if pages.driver.current_url.startswith("http"):
        pages.driver.execute_cdp_cmd(
            "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
        )
    pages.click('//h3[starts-with(., "Polars")]/button')
    pages.see("Copied")


def test_a_page_can_be_read_on_a_phone_without_moving_it_sideways(pages):
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    pages.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    for path in (
        "index",
        "personal",
        "glossary",
        "lineage",
        "tables/silver-customers",
        "tables/bronze-customers",
    ):
        pages.open(f"/{path}.html")
        assert pages.driver.execute_script("return document.documentElement.scrollWidth") == 390, path
    pages.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_break_of_the_policy_would_be_seen(folder, browser):
    page = folder / "site" / "tables" / "broken.html"
    page.write_text((folder / "site" / "index.html").read_text() + "<script>document.title='owned'</script>")

    browser.get(f"file://{page}")
    page.unlink()

    assert any("Content Security Policy" in message for message in complaints(browser))
    assert browser.title != "owned"
