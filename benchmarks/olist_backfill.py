"""Ninety dates of a real shop's files: landed at once, from folders and from S3; and backfilled from the raw zone.

The backfill, bronze to gold, is done in Dagster: all ninety dates in one run, and nine of them in a run each.

The files are the shop's own and are not part of this project; without them there is nothing to measure.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import polars as pl

from benchmarks import platform_run
from benchmarks.measure import Variant, in_turn, inherited
from benchmarks.published_tables import TABLES
from benchmarks.results import RESULTS, record_costs
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs

_PROJECT = Path(__file__).resolve().parents[1]
SHOP = _PROJECT.parent / "shared" / "data" / "olist"
_FIRST_DATE = "2018-01-01"
_DATES = [(date.fromisoformat(_FIRST_DATE) + timedelta(days=n)).isoformat() for n in range(90)]
_INGEST = """
from dataops_platform.layers.runs import ingest
from dataops_platform.resources.environments import platform_for, read_settings
from dataops_platform.tables import load_tables

ingest(platform_for(read_settings(), load_tables()))
"""


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
    costs |= in_turn([_range_in_one_run(), _nine_runs_of_a_date()], rounds=rounds, folder=cache / "runs")
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


def _range_in_one_run() -> Variant:
    dates = f"{_FIRST_DATE}...{_DATES[-1]}"
    return _backfill(
        "90-dates-in-one-run",
        lambda _: platform_run.materialise("--partition-range", dates),
        after=_refuse_lost_rows,
    )


def _nine_runs_of_a_date() -> Variant:
    """Every tenth date, oldest first, since later snapshots cost more: a tenth of a run for each date."""
    runs = [shlex.join(platform_run.materialise("--partition", day)) for day in _DATES[::10]]
    return _backfill("9-dates-in-9-runs", lambda _: ["bash", "-ec", " && ".join(runs)])


def _backfill(
    name: str, command: Callable[[Path], Sequence[str]], after: Callable[[Path], None] = lambda _folder: None
) -> Variant:
    """Only the raw zone is there: what a backfill starts from."""

    def landed(folder: Path) -> None:
        (folder / "home").mkdir()
        shutil.copy(_PROJECT / "dagster.yaml", folder / "home")
        subprocess.run(
            [sys.executable, "-c", _INGEST],
            env={**inherited(), **_folder_environment(folder)},
            check=True,
            capture_output=True,
        )

    def environment(folder: Path) -> Mapping[str, str]:
        return {**_folder_environment(folder), "DAGSTER_HOME": str(folder / "home")}

    return Variant(name, command, environment, before=landed, after=after)


def _from_s3(server: S3Server) -> Variant:
    lakes: Iterator[int] = count(1)

    def environment(_folder: Path) -> Mapping[str, str]:
        lake = f"s3://lake/run-{next(lakes)}"  # each run finds an empty lake
        found = platform_run.environment(landing="s3://landing", lake=lake, first_date=_FIRST_DATE)
        return {**server.environment(), **found}

    return Variant("s3", lambda _: platform_run.command(), environment)
