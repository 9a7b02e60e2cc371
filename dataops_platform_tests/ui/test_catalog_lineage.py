"""The picture of the lineage in a real browser: what breaks if a column changes, by mouse, by keyboard and by link."""

from __future__ import annotations

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.layers.recipes import recipes
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables
from dataops_platform_tests.ui.browser import IN_A_BROWSER, DagsterPages

pytestmark = IN_A_BROWSER


def test_the_pages_tell_what_breaks_downstream_if_a_column_changes(pages):
    pages.open("/tables/silver-transactions.html")
    pages.click('//button[@data-of="silver/transactions.amount"]')
    pages.see("If silver/transactions.amount changes")

    told = answer(pages)
    assert told["breaks"] == {"gold/customer_360"}
    assert told["made"] == {"gold/customer_360.total_spend"}
    assert told["chosen"] == {"gold/customer_360.customer_health_score"}
    assert told["sources"] == {"bronze/transactions.amount", "landing/transactions.amount"}
    assert "amount" in pages.find('//li[contains(@class, "card")]//button[@aria-pressed="true"]').text
    assert pages.driver.find_elements(By.CSS_SELECTOR, ".map path.value")
    pages.click('//*[@data-kind="breaks"]//a')
    pages.until(lambda: "gold-customer_360" in pages.driver.current_url, "to come to what breaks")


# What the pages tell of the column that was chosen: names by kind.
ANSWER = """const answer = () => Object.fromEntries([...document.querySelectorAll('.answer [data-kind]')].map(
    one => [one.dataset.kind, [...one.querySelectorAll('bdi')].map(name => name.textContent)]));"""
# The same of each of these columns, after its button was pressed.
ANSWERS = """const button = (name) => {
    const [table, column] = name.split('.');
    const card = [...document.querySelectorAll('.card')].find(
        one => one.querySelector('.head').textContent === table.replace('/', ''));
    return [...card.querySelectorAll('li button')].find(one => one.textContent === column);
};
for (const more of document.querySelectorAll('.more')) more.click();
return arguments[0].map(name => { button(name).click(); return [name, answer()]; });"""


def answer(pages: DagsterPages) -> dict[str, set[str]]:
    found = pages.driver.execute_script(f"{ANSWER} return answer();")
    return {kind: set(names) for kind, names in found.items()}


def test_the_lineage_of_a_column_is_reached_and_left_by_keyboard_alone(pages):
    pages.open("/tables/silver-transactions.html")
    pages.find('//nav[@aria-label="On this page"]/a[.="Lineage"]').send_keys(Keys.ENTER)
    more = pages.find('//li[contains(@class, "card")][.//a[.="customer_360"]]//button[@aria-expanded]')
    more.send_keys(Keys.ENTER)
    open_card = pages.driver.switch_to.active_element
    assert open_card.get_attribute("aria-expanded") == "true"
    open_card.send_keys(Keys.TAB)
    pages.driver.switch_to.active_element.send_keys(Keys.SPACE)
    pages.see("If gold/customer_360.customer_id changes")

    chosen = pages.driver.switch_to.active_element
    assert (chosen.text, chosen.get_attribute("aria-pressed")) == ("customer_id", "true")
    assert pages.find('//*[@class="headline"]').get_attribute("aria-live") == "polite"
    chosen.send_keys(Keys.SPACE)
    pages.see("Choose a column")


# Of each card in the order of the page: its left, top, right and bottom edge.
EDGES = """return [...document.querySelectorAll('.card')].map((card) => {
    const { left, top, right, bottom } = card.getBoundingClientRect();
    return [left, top, right, bottom];
});"""


def test_cards_are_read_aloud_from_left_to_right_and_none_lies_on_another(pages):
    pages.open("/lineage.html")
    pages.click('//li[contains(@class, "card")][.//a[.="customer_360"]]//button[@aria-expanded]')

    found = pages.driver.execute_script(EDGES)

    assert len(found) > 15
    assert found == sorted(found)
    for number, (left, top, right, bottom) in enumerate(found):
        for to_left, to_top, to_right, to_bottom in found[:number]:
            assert left >= to_right or to_left >= right or top >= to_bottom or to_top >= bottom


def test_a_link_to_a_column_of_the_lineage_leads_there(pages):
    pages.open("/lineage.html#of:bronze%2Ftransactions.amount")
    pages.see("If bronze/transactions.amount changes")

    assert "silver/transactions" in answer(pages)["rows"]
    assert pages.driver.find_elements(By.CSS_SELECTOR, ".map path.rows")


def test_the_pages_answer_for_every_column_as_the_lineage_itself_does(folder, browser, tmp_path):
    graph = LineageGraph(recipes(load_tables()), SparkPlans)
    # What is held in quarantine makes nothing else; and a browser lets a page change its address 200 times in 10 s.
    names = [
        name
        for asset, table in graph.tables().items()
        for name, _ in table.of()
        if not asset.startswith("quarantine/")
    ]
    pages = DagsterPages(browser, f"file://{folder}/site", tmp_path)
    pages.open("/lineage.html")
    pages.find('//li[contains(@class, "card")]')

    told = dict(browser.execute_script(ANSWER + ANSWERS, names))

    kinds = {"made": "values", "chosen": "influences", "rows": "rows", "breaks": "tables"}
    for name in names:
        expected = graph.downstream_of(name)
        assert {kind: sorted(told[name].get(kind, ())) for kind in kinds} == {
            kind: sorted(getattr(expected, field)) for kind, field in kinds.items()
        }, name
    assert len(names) > 90
