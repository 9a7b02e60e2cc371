"""This file holds a headless Chromium, and Dagster's pages as a person sees them: by their visible words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")
#: What marks tests that drive it.
IN_A_BROWSER = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and CHROMEDRIVER),
        reason="needs Chromium and its driver on PATH (Debian: apt-get install chromium chromium-driver)",
    ),
]

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1600,1000",
]
_PATIENCE = 120.0
_POLL_EVERY = 0.25
# Dagster's pages draw themselves anew while they load: what was found a moment ago may be gone or covered.
_NOT_YET = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
_DIALOG = '//*[contains(@class, "dialog")]'
_GOOD_ENDS = ("Success", "Succeeded")
_BAD_ENDS = ("Failure", "Failed", "Canceled")

Found = TypeVar("Found")


@contextmanager
def chromium(folder: Path) -> Iterator[webdriver.Chrome]:
    """A browser that keeps its profile in `folder`; it and its driver are gone when the block ends."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    service = webdriver.ChromeService(executable_path=str(CHROMEDRIVER))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


@dataclass(frozen=True)
class DagsterPages:
    """Dagster in a browser. Whatever does not show up in time leaves a screenshot and says where it is."""

    driver: webdriver.Chrome
    url: str
    screenshots: Path

    def open(self, path: str) -> None:
        """The page at this path is under way."""
        self.driver.get(self.url + path)

    def until(self, look: Callable[[], Found], what: str, *, patience: float = _PATIENCE) -> Found:
        """What `look` finds, once it finds anything."""
        waiting = WebDriverWait(self.driver, patience, _POLL_EVERY, ignored_exceptions=_NOT_YET)
        try:
            return waiting.until(lambda _driver: look())
        except TimeoutException:
            raise AssertionError(f"{what}: not within {patience:.0f} s. {self._evidence()}") from None

    def _evidence(self) -> str:
        picture = self.screenshots / f"{len(list(self.screenshots.glob('*.png')))}.png"
        self.driver.save_screenshot(str(picture))
        return f"Screenshot of {self.driver.current_url}: {picture}"

    def text(self) -> str:
        """All the words on the page."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def see(self, words: str) -> None:
        """These words are on the page."""
        self.until(lambda: words in self.text(), f"to see {words!r}")

    def find(self, path: str) -> WebElement:
        """The first element at this XPath, once it is there."""
        return self.until(lambda: self.driver.find_element(By.XPATH, path), f"to find {path}")

    def click(self, path: str) -> None:
        """The element at this XPath is clicked."""

        def clicked() -> bool:
            self.driver.find_element(By.XPATH, path).click()
            return True

        self.until(clicked, f"to click {path}")

    def press(self, label: str, within: str = "") -> None:
        """The button that begins with these words is pressed."""
        self.click(f'{within}//button[not(@disabled)][starts-with(normalize-space(), "{label}")]')

    def materialize(self, button: str, partitions: str, count: int) -> str:
        """What the button offers is launched for these partitions; Dagster's answer, e.g. `Launched run 0a1b2c3d`."""
        self.press(button)
        field = self.find(f'{_DIALOG}//input[@type="text"]')
        for older in self.driver.find_elements(By.XPATH, f'{_DIALOG}//button[.="Show all partitions"]'):
            older.click()  # at first the dialogue knows the last 90 days only
            field = self.find(f'{_DIALOG}//input[@type="text"][contains(@placeholder, "ex: ")]')
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(partitions, Keys.ENTER)
        self.see("1 partition" if count == 1 else f"{count} partitions")
        self.press("Launch", within=_DIALOG)
        answer = '//*[contains(text(), "Launched run") or contains(text(), "Created backfill")]'
        return self.until(lambda: self.driver.find_element(By.XPATH, answer).text, "to see what was launched")

    def follow_to_success(self) -> None:
        """The run or backfill that Dagster has just announced is looked at until it has succeeded."""
        self.click('//*[self::button or self::a][normalize-space()="View"]')
        self.see_success()

    def see_success(self) -> None:
        """The page of a run or backfill comes up, and says in the end that it succeeded."""
        self.until(lambda: "/runs/" in self.driver.current_url, "to come to the run's page")
        end = self.until(self._end, "to see the run's end")
        assert end in _GOOD_ENDS, f"The run ended with {end}. {self._evidence()}"

    def _end(self) -> str | None:
        """How the run on the page ended; nothing while it has not. A backfill's page says so below `Status`."""
        told = self.text().splitlines()
        if "Status" in told:
            told = told[told.index("Status") + 1 :][:1]
        return next((word for word in (*_GOOD_ENDS, *_BAD_ENDS) if word in told), None)

    def checks(self, asset: str) -> dict[str, str]:
        """Each check of an asset, and what its page says of the latest execution."""
        self.open(f"/assets/{asset}?view=checks")
        self.see("Checks (")

        def told() -> dict[str, str]:
            lines = self.text().splitlines()
            pairs = pairwise(lines)
            return {
                name: status for name, status in pairs if status in {"Succeeded", "Failed", "Not executed"}
            }

        return self.until(told, f"to see the checks of {asset}")
