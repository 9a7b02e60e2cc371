"""What looking at a large lake costs: the crawl of its Delta logs, against counting rows in its files.

500 tables of 1,000 ingestion dates on an S3 server of this machine. Logs are real, written date by date; they are the
same for each table, and beside its log a table has the one file that the crawl takes its sample from. A few tables
have all of their files, which is what is counted.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

import pandera.pandas as pandera
import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from benchmarks.results import RESULTS, record, spread
from dataops_platform.catalog.crawl import crawl
from dataops_platform.core.contract import Table, TableContract
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.resources.inventory import DeltaInventory
from dataops_platform.resources.lake import CHECKPOINTS
from dataops_platform.resources.object_store import S3Store

TABLES, DATES, COUNTED = 500, 1_000, 5
_FIRST = date(2023, 1, 1)
_WHOLE, _LAST = "template", "_last_checkpoint"
_AT_ONCE = 16


def run(cache: Path, *, rounds: int, rows: float) -> Path:
    """The lake was looked at and a part of it counted, `rounds` times in turn; it is recorded."""
    tables = max(COUNTED, round(TABLES * rows))
    took: dict[str, list[float]] = {"crawl": [], "count_by_scan_of_5": []}
    with _lake(cache, tables) as server:
        for _ in range(rounds):
            took["crawl"].append(_timed(lambda: _crawl(server, tables)))
            took["count_by_scan_of_5"].append(_timed(lambda: _count(server)))
    file = RESULTS / "crawl.json" if rows == 1 else cache / f"crawl-rows-{rows:g}.json"
    of = {"tables": tables, "partitions": DATES, "counted": COUNTED}
    record(file, {"workload": of, "seconds": {name: spread(found) for name, found in took.items()}})
    return file


def _timed(work: Callable[[], None]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _crawl(server: S3Server, tables: int) -> None:
    inventory = DeltaInventory("s3://lake", S3Store("lake", client=server.client()))
    found = crawl(inventory, [_declared(number) for number in range(tables)])["tables"]
    if [(entry["rows"], len(entry["sample"]["rows"])) for entry in found] != [(3 * DATES, 3)] * tables:
        raise AssertionError("the crawl does not tell what the lake was given")


def _declared(number: int) -> Table:
    columns = {f"column_{column}": pandera.Column(str, nullable=column > 0) for column in range(12)}
    contract = TableContract(
        name=f"t{number:04}",
        description="Measured.",
        owner="team:benchmarks",
        key=("column_0",),
        public=("column_1", "column_2"),
        columns=columns,
    )
    return Table(contract, function=lambda rows: rows)


def _count(server: S3Server) -> None:
    keys = {name.removeprefix("AWS_").lower(): value for name, value in server.environment().items()}
    for number in range(COUNTED):
        files = DeltaTable(f"s3://lake/silver/t{number:04}").file_uris()
        counted = pl.scan_parquet(files, storage_options=keys).select(pl.len()).collect().item()
        if counted != 3 * DATES:
            raise AssertionError(f"{counted} rows were counted")


@contextmanager
def _lake(cache: Path, tables: int) -> Iterator[S3Server]:
    """The server with the lake on it, which is filled once."""
    template = _template(cache / "crawl-template")
    with seaweedfs(cache / "crawl-s3") as server:
        os.environ.update(server.environment())
        store = S3Store("lake", client=server.client())
        there = set(store.folders("silver/"))
        missing = [number for number in range(tables) if f"t{number:04}" not in there]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for number in missing:
                wanted = _files(template, whole=number < COUNTED)
                list(threads.map(lambda path, n=number: _put(store, template, path, n), wanted))
        yield server


def _put(store: S3Store, template: Path, path: Path, number: int) -> None:
    store.put(f"silver/t{number:04}/{path.relative_to(template).as_posix()}", path.read_bytes())


def _files(template: Path, *, whole: bool) -> list[Path]:
    """The last checkpoint, what follows it, and the newest date's file; a log's older part is cleaned up in time."""
    log = template / "_delta_log"
    checkpoint = max(log.glob("*.checkpoint.parquet"))
    newer = [path for path in sorted(log.glob("*.json")) if path.stem >= checkpoint.name.partition(".")[0]]
    files = sorted(template.glob("ingestion_date=*/*.parquet"))
    return [log / _LAST, checkpoint, *newer, *(files if whole else files[-1:])]


def _template(folder: Path) -> Path:
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        for number in range(DATES + 5):  # a log is on average half way between two checkpoints
            day = _FIRST + timedelta(days=number % DATES)
            write = partial(
                write_deltalake,
                unfinished,
                _rows(day),
                partition_by=["ingestion_date"],
                configuration=CHECKPOINTS,
            )
            if number < DATES:
                write(mode="append")
            else:
                write(mode="overwrite", predicate=f"ingestion_date = '{day}'")
        unfinished.rename(folder)
    return folder


def _rows(day: date) -> pa.Table:
    columns = {f"column_{number}": pa.array([f"{day} {row}" for row in range(3)]) for number in range(12)}
    return pa.table({**columns, "ingestion_date": pa.array([day] * 3, pa.date32())})
