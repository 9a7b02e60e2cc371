"""Makes the README's picture of a refused date anew: python -m dataops_platform_tests.ui.pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium.webdriver.common.keys import Keys

from dataops_platform_tests.ui.browser import DagsterPages, chromium
from dataops_platform_tests.ui.dev_server import REPOSITORY, dataops_dev

PICTURE = REPOSITORY / "docs" / "images" / "refused-date.png"
REFUSED = "2026-06-18"
_AROUND = "[2026-06-14...2026-06-22]"
_PAGE = f"/assets/quarantine/transactions?view=partitions&partition={REFUSED}"


def main() -> None:
    """`docs/images` holds the page that says why the demo's refused date is held, as Dagster shows it today."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "dataops_platform.cli", "demo", "--folder", str(folder)]
        subprocess.run(command, cwd=REPOSITORY, check=True)
        with dataops_dev(folder) as running, chromium(folder / "profile") as driver:
            pages = DagsterPages(driver, running.url, folder)
            driver.set_window_size(1280, 920)
            pages.open(_PAGE)
            pages.see("customer_id_is_present")
            dates = pages.find('//input[starts-with(@value, "[")]')
            dates.send_keys(Keys.CONTROL, "a")
            dates.send_keys(_AROUND, Keys.ENTER)
            pages.see("9 Partitions Selected")
            pages.see("customer_id_is_present")
            driver.save_screenshot(str(PICTURE))


if __name__ == "__main__":
    main()
