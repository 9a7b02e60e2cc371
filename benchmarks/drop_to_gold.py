"""How long after a file was dropped into the bucket its row is in gold, with `dataops dev` seeing to it."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from benchmarks import platform_run
from benchmarks.measure import inherited
from benchmarks.results import RESULTS, record, spread
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.engines.local_spark import free_port

GIVE_UP_SECONDS = 300.0
_LOOK_SECONDS = 0.25
_HEADER = "customer_id,name,email,signup_region,signup_date,city\n"


def run(cache: Path, *, drops: int) -> Path:
    """Files were dropped one after the other, each after the one before had reached gold."""
    folder = cache / "drop"
    with dev(folder) as server:
        _seconds_to_gold(server, "warm-up-0")  # the sample shop's month is loaded along with it
        seconds = [_seconds_to_gold(server, f"drop-{number}") for number in range(1, drops + 1)]
    record(RESULTS / "drop.json", {"seconds": spread(seconds), "drops": [round(took, 2) for took in seconds]})
    return RESULTS / "drop.json"


@contextmanager
def dev(folder: Path) -> Iterator[S3Server]:
    """`dataops dev` runs in an empty folder and is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port, s3_port = _free_port(), _free_port()
    where = ("--folder", str(folder), "--port", str(port), "--s3-port", str(s3_port))
    command = platform_run.command("dev", *where)
    with folder.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, env=inherited(), stdout=log, stderr=log)
    try:
        yield _server(folder, s3_port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _free_port() -> int:
    """One that S3 can be served at: SeaweedFS takes the port ten thousand above it too."""
    while True:
        port = free_port()
        if port + 10_000 < 1 << 16:
            return port


def _server(folder: Path, port: int, process: subprocess.Popen[bytes]) -> S3Server:
    keys, deadline = folder / "s3" / "s3.json", time.monotonic() + GIVE_UP_SECONDS
    while "Dagster:" not in folder.with_suffix(".log").read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"dataops dev is not up; its words are in {folder.with_suffix('.log')}")
        time.sleep(_LOOK_SECONDS)
    found = json.loads(keys.read_text())["identities"][0]["credentials"][0]
    endpoint = f"http://127.0.0.1:{port}"
    return S3Server(
        endpoint, found["accessKey"], found["secretKey"], folder / "s3" / "seaweedfs.log", process.pid
    )


def _seconds_to_gold(server: S3Server, customer: str) -> float:
    with closing(server.client()) as s3:
        row = f"{customer},A Name,a@example.com,north,2026-01-01,Town\n"
        s3.put_object(Bucket="landing", Key=f"customers/{customer}.csv", Body=(_HEADER + row).encode())
    started = time.monotonic()
    while not _is_in_gold(server.environment(), customer):
        if time.monotonic() - started > GIVE_UP_SECONDS:
            raise TimeoutError(f"{customer} is not in gold after {GIVE_UP_SECONDS:.0f} s")
        time.sleep(_LOOK_SECONDS)
    return time.monotonic() - started


def _is_in_gold(storage: Mapping[str, str], customer: str) -> bool:
    try:
        table = DeltaTable("s3://lake/gold/customer_360", storage_options=dict(storage))
    except (DeltaError, OSError):
        return False
    found: Any = pl.scan_delta(table).filter(pl.col("customer_id") == customer).select(pl.len()).collect()
    return bool(found.item())
