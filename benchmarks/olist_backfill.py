"""Ninety dates of a real shop's files, landed at once: from folders, from S3, and with nothing new.

The files are the shop's own and are not part of this project; without them there is nothing to measure.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path

import polars as pl

from benchmarks import platform_run
from benchmarks.measure import Variant, in_turn, inherited
from benchmarks.published_tables import TABLES
from benchmarks.results import RESULTS, record_costs
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs

SHOP = Path(__file__).resolve().parents[2] / "shared" / "data" / "olist"
_FIRST_DATE = "2018-01-01"


def run(cache: Path, *, rounds: int) -> Path | None:
    """The backfill ran `rounds` times from each source; None where the shop's files are not there."""
    files = sorted(path for path in SHOP.rglob("*") if path.is_file())
    if not files:
        return None
    shutil.rmtree(cache / "olist-s3", ignore_errors=True)
    with seaweedfs(cache / "olist-s3") as server:
        _land(server, files)
        variants = [_from_folder(), _nothing_new(), _from_s3(server)]
        costs = in_turn(variants, rounds=rounds, folder=cache / "runs")
    record_costs(RESULTS / "olist.json", costs, reference="folder", of={"files": len(files), "dates": 90})
    return RESULTS / "olist.json"


def _land(server: S3Server, files: list[Path]) -> None:
    with closing(server.client()) as s3:
        for file in files:
            s3.put_object(Bucket="landing", Key=file.relative_to(SHOP).as_posix(), Body=file.read_bytes())


def _folder_environment(lake: Path) -> Mapping[str, str]:
    return platform_run.environment(landing=str(SHOP), lake=str(lake / "lake"), first_date=_FIRST_DATE)


def _from_folder() -> Variant:
    return Variant("folder", lambda _: platform_run.command(), _folder_environment, after=_refuse_lost_rows)


def _refuse_lost_rows(folder: Path) -> None:
    for table in TABLES:
        bronze, silver, quarantine = (
            _rows(folder / "lake" / layer / table) for layer in ("bronze", "silver", "quarantine")
        )
        if not bronze or bronze != silver + quarantine:
            raise AssertionError(
                f"{table}: {bronze} rows landed, {silver} in silver, {quarantine} in quarantine"
            )


def _rows(table: Path) -> int:
    return int(pl.scan_delta(str(table)).select(pl.len()).collect().item())


def _nothing_new() -> Variant:
    def already_done(folder: Path) -> None:
        environment = {**inherited(), **_folder_environment(folder)}
        subprocess.run(platform_run.command(), env=environment, check=True, capture_output=True)

    return Variant("nothing-new", lambda _: platform_run.command(), _folder_environment, before=already_done)


def _from_s3(server: S3Server) -> Variant:
    lakes: Iterator[int] = count(1)

    def environment(_folder: Path) -> Mapping[str, str]:
        lake = f"s3://lake/run-{next(lakes)}"  # each run finds an empty lake
        found = platform_run.environment(landing="s3://landing", lake=lake, first_date=_FIRST_DATE)
        return {**server.environment(), **found}

    return Variant("s3", lambda _: platform_run.command(), environment)
