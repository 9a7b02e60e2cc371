"""Pages that are open while newer ones are written, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataops_platform_tests.ui.browser import IN_A_BROWSER

pytestmark = IN_A_BROWSER


@pytest.fixture
def newer(folder: Path) -> Iterator[Callable[[], None]]:
    """Makes a newer version of the first page, as a rebuild does; what was there returns at the end."""
    files = {name: folder / "site" / name for name in ("index.html", "version.js")}
    before = {name: file.read_text() for name, file in files.items()}
    [version] = re.findall(r'data-version="(.+?)"', before["index.html"])

    def rebuild() -> None:
        for name, file in files.items():
            text = (
                before[name]
                .replace(version, "2999-01-01")
                .replace("What the lake holds", "What it holds now")
            )
            file.write_text(text)

    yield rebuild
    for name, file in files.items():
        file.write_text(before[name])


LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


def test_a_page_shows_newer_content_by_itself_and_leaves_who_types_alone(pages, newer):
    pages.open("/index.html")
    pages.driver.execute_script("sessionStorage.clear()")  # one browser serves all tests, in any order
    pages.find('//*[@id="search"]').send_keys("customers")
    newer()

    pages.driver.execute_script(LOOK)
    pages.until(lambda: pages.driver.execute_script("return window.siteVersion"), "the page to ask")
    assert "What the lake holds" in pages.text()

    pages.driver.execute_script("document.activeElement.blur()")
    pages.driver.execute_script(LOOK)
    pages.see("What it holds now")


def test_a_page_that_a_cache_keeps_old_is_loaded_anew_once(pages, newer, folder):
    pages.open("/index.html")
    pages.driver.execute_script("sessionStorage.clear()")  # one browser serves all tests, in any order
    old = (folder / "site" / "index.html").read_text()
    newer()
    (folder / "site" / "index.html").write_text(old)
    pages.driver.execute_script("window.isFirst = true")

    pages.driver.execute_script(LOOK)
    pages.until(
        lambda: not pages.driver.execute_script("return window.isFirst"), "the page to be loaded anew"
    )
    pages.driver.execute_script("window.isSecond = true")
    pages.driver.execute_script(LOOK)
    pages.until(lambda: pages.driver.execute_script("return window.siteVersion"), "the page to ask")

    assert pages.driver.execute_script("return window.isSecond")
