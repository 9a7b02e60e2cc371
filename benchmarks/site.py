"""What the catalogue's pages cost: to make for 500 tables, to open in a browser, and after a result to tell of it."""

from collections.abc import Mapping, Sequence
from os import getloadavg
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from selenium.webdriver import Chrome

from benchmarks import result_to_page
from benchmarks.results import RESULTS, record, spread
from benchmarks.site_lake import DAYS, TABLES, catalogued
from dataops_platform.catalog.findings import Lineage, gathered
from dataops_platform.catalog.site import site
from dataops_platform.commands.docs import served, write
from dataops_platform.core.platform import Platform
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.ui.browser import CHROMEDRIVER, CHROMIUM, chromium

#: A browser's start is short, and one visit says little on a busy machine.
_VISITS = 3
_AIMS = {"build": 20.0, "interactive": 1.0, "result_to_page": 30.0, "first page bytes": 300_000}
_OPENED = """const [page] = performance.getEntriesByType('navigation');
const files = [page, ...performance.getEntriesByType('resource')];
return {
  bytes: files.reduce((sum, one) => sum + one.encodedBodySize, 0),
  interactive: page.domInteractive / 1000,
  loaded: page.loadEventEnd / 1000,
};"""
_SEARCHED = """const done = arguments[0];
const field = document.getElementById('search'), list = document.getElementById('results');
const started = performance.now();
new MutationObserver((_, watch) => {
  if (!list.querySelector('[role=option]')) return;
  watch.disconnect();
  done((performance.now() - started) / 1000);
}).observe(list, { childList: true });
field.focus();
field.value = 'table 12';
field.dispatchEvent(new Event('input'));"""
_DRAWN = """const done = arguments[0];
const look = () => document.querySelector('.map path') ? done(performance.now() / 1000) : setTimeout(look, 5);
look();"""


def run(cache: Path, *, rounds: int) -> Path | None:
    """The pages of 500 tables were made and opened `rounds` times, and results were waited for; it is recorded."""
    if not (CHROMIUM and CHROMEDRIVER):
        return None
    with TemporaryDirectory() as name:
        folder = Path(name)
        platform, lineage = catalogued(folder)
        builds = [_build(_opened_anew(platform), lineage, folder / "site") for _ in range(rounds)]
        with served(folder / "site", "127.0.0.1", 0) as url:
            opened = [_opened(url, folder / f"profile-{number}") for number in range(_VISITS * rounds)]
    _recorded(builds, opened, [])  # the rest takes minutes, of which somebody may tire
    return _recorded(builds, opened, result_to_page.run(cache, results=rounds))


def _opened_anew(before: Platform) -> Platform:
    lake, store = DeltaLake(before.lake.url, EmbeddedEngine()), before.lake_store
    return Platform(before.tables, before.engine, lake, store, store, DeltaJournal(lake), before.first_date)


def _build(platform: Platform, lineage: Lineage, out: Path) -> tuple[float, float]:
    wall, processor = perf_counter(), process_time()
    write(site(gathered(platform, lineage)), out)
    return perf_counter() - wall, process_time() - processor


def _opened(url: str, profile: Path) -> dict[str, float]:
    """What a browser that has never been here tells of the first page, of a search there, and of a lineage."""
    with chromium(profile) as driver:
        driver.set_script_timeout(60)
        driver.get(f"{url}/index.html")
        first: dict[str, float] = driver.execute_script(_OPENED)
        first["first_search"] = driver.execute_async_script(_SEARCHED)
        first["bytes_with_search"] = driver.execute_script(_OPENED)["bytes"]
        return first | {"lineage_drawn": _lineage_drawn(driver, url)}


def _lineage_drawn(driver: Chrome, url: str) -> float:
    driver.get(f"{url}/lineage.html")
    return float(driver.execute_async_script(_DRAWN))


def _recorded(
    builds: Sequence[tuple[float, float]], opened: Sequence[Mapping[str, float]], shown: Sequence[float]
) -> Path:
    """What was measured beside the aims: a machine that others keep busy misses those of seconds, and says so."""
    walls, processors = zip(*builds, strict=True)
    parts = {name: [one[name] for one in opened] for name in opened[0]}
    found = {"first page bytes": int(max(parts.pop("bytes")))}
    found["with search bytes"] = int(max(parts.pop("bytes_with_search")))
    seconds: dict[str, Any] = {"build": spread(walls), "build_processor": spread(processors)}
    seconds |= {name: spread(values) for name, values in parts.items()}
    seconds |= {"result_to_page": spread(shown)} if shown else {}
    of: dict[str, float] = {"tables": TABLES, "days": DAYS, "opened": len(opened), "results": len(shown)}
    of["load of the machine"] = round(getloadavg()[2], 1)
    record(RESULTS / "site.json", {"workload": of, "aims": _AIMS, "seconds": seconds, "found": found})
    return RESULTS / "site.json"
