"""What a quality report of a large lake costs: made from what is remembered, and written as a page and JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks.remembered_lake import LAST, platform
from benchmarks.results import RESULTS, record, spread
from dataops_platform.catalog.report_files import report_files
from dataops_platform.core.platform import Platform
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.observability.day_states import Window
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.observability.quality_report import quality_report
from dataops_platform.resources.lake import DeltaLake

_TABLES, _DAYS = 200, 90
_AT_MOST_SECONDS, _AT_MOST_BYTES = 10.0, 5_000_000


def run(*, rounds: int) -> Path:
    """The report of 200 tables and 90 days was made `rounds` times, each by a platform that had read nothing yet."""
    with TemporaryDirectory() as name:
        before = platform(Path(name), tables=_TABLES, days=_DAYS)
        runs = [_report(_opened_anew(before)) for _ in range(rounds)]
    return _recorded(runs)


def _opened_anew(before: Platform) -> Platform:
    lake = DeltaLake(before.lake.url, EmbeddedEngine())
    store = before.lake_store
    return Platform(before.tables, before.engine, lake, store, store, DeltaJournal(lake), before.first_date)


def _report(opened: Platform) -> tuple[float, float, int, int]:
    wall, processor = perf_counter(), process_time()
    now = datetime.combine(LAST + timedelta(days=1), time(), UTC)
    window = Window(LAST - timedelta(days=_DAYS - 1), LAST)
    report = quality_report(opened, window, now, environment="benchmark", tables=opened.tables)
    page, document = report_files(report, opened.tables)
    return perf_counter() - wall, process_time() - processor, len(page.body), len(document.body)


def _recorded(runs: Sequence[tuple[float, float, int, int]]) -> Path:
    walls, processors, pages, documents = zip(*runs, strict=True)
    if max(walls) > _AT_MOST_SECONDS or max(pages) > _AT_MOST_BYTES:
        raise RuntimeError(f"The report took {max(walls):.1f} s and {max(pages):,} bytes.")
    file = RESULTS / "report.json"
    record(
        file,
        {
            "workload": {"tables": _TABLES, "days": _DAYS},
            "seconds": {"wall": spread(walls), "processor": spread(processors)},
            "found": {"page bytes": max(pages), "JSON bytes": max(documents)},
        },
    )
    return file
