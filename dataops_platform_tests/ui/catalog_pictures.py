"""Makes the README's pictures of the catalogue anew: python -m dataops_platform_tests.ui.catalog_pictures."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dataops_platform_tests.ui.browser import DagsterPages, chromium
from dataops_platform_tests.ui.dev_server import REPOSITORY

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

FOLDER = REPOSITORY / "docs" / "images"
_WIDTH = 1200
#: Of each picture the page, what has to be on it, light or dark, from which place on, and how high.
PICTURES = {
    "catalog-overview.png": ("index.html", "What the lake holds", "light", ".top", 830),
    "catalog-quality.png": ("tables/silver-transactions.html", "Refused dates", "light", ".top", 1_090),
    "catalog-lineage.png": (
        "tables/gold-customer_360.html#of:silver%2Ftransactions.amount",
        "If silver/transactions.amount changes",
        "dark",
        "#explorer",
        930,
    ),
}


def main(site: Path | None = None) -> None:
    """`docs/images` holds pages of the demo's catalogue, of the folder `site` or of a demo that is made for it."""
    with TemporaryDirectory() as name, chromium(Path(name) / "profile") as driver:
        if site is None:
            command = [sys.executable, "-m", "dataops_platform.cli", "demo", "--folder", name]
            subprocess.run(command, cwd=REPOSITORY, check=True)
            site = Path(name) / "site"
        for file, told in PICTURES.items():
            (FOLDER / file).write_bytes(picture(DagsterPages(driver, site.as_uri(), Path(name)), *told))


def picture(pages: DagsterPages, path: str, words: str, scheme: str, place: str, height: int) -> bytes:
    """A PNG of a page from an element on, once these words are on it."""
    driver: Chrome = pages.driver
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": _WIDTH, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get("about:blank")
    pages.open(f"/{path}")
    pages.see(words)
    read = "return document.querySelector(arguments[0]).getBoundingClientRect().top + scrollY"
    driver.execute_script("scrollTo(0, 0)")
    top = max(0, driver.execute_script(read, place) - 20)
    clip = {"x": 0, "y": top, "width": _WIDTH, "height": height, "scale": 1}
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    return b64decode(shot["data"])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
