"""This file holds how fast new keys are taken, against boto3 that just copies them: `python -m benchmarks.ingest_rate`.

The two take turns on one SeaweedFS server, because what else the machine does differs from minute to minute.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.landing.ingest import PARALLEL_COPIES, Ingest
from dataops_platform.resources.object_store import S3Store

_FILES, _BYTES, _TURNS = 300, 20_000, 5
_DAY = date(2026, 1, 2)


def main() -> None:
    """Print files a second of each, and the median ratio of a turn's two."""
    with tempfile.TemporaryDirectory() as folder, seaweedfs(Path(folder)) as server:
        client = boto3.client(
            "s3",
            endpoint_url=server.endpoint,
            aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
            region_name="us-east-1",
            config=Config(max_pool_connections=PARALLEL_COPIES, s3={"addressing_style": "path"}),
        )
        with closing(client):
            ratios = [_turn(client, number) for number in range(_TURNS)]
    print(f"median: {statistics.median(ratios):.2f} of plain boto3's rate")


def _turn(client: Any, number: int) -> float:
    keys = [f"turn{number}/customers/dt={_DAY}/{n}.csv" for n in range(_FILES)]
    with ThreadPoolExecutor(PARALLEL_COPIES) as threads:
        list(threads.map(lambda key: client.put_object(Bucket="landing", Key=key, Body=b"x" * _BYTES), keys))
    step = Ingest(
        S3Store("landing", f"turn{number}", client),
        S3Store("lake", f"turn{number}", client),
        frozenset({"customers"}),
        lambda _day: True,
    )
    plain = _rate(lambda: _plain_copies(client, keys))
    taken = _rate(lambda: step.run(frozenset()))
    print(f"plain boto3 {plain:.0f}, ingest {taken:.0f} files a second")
    return taken / plain


def _plain_copies(client: Any, keys: list[str]) -> None:
    def copy(key: str) -> None:
        body = client.get_object(Bucket="landing", Key=key)["Body"].read()
        client.put_object(Bucket="lake", Key=f"plain/{key}", Body=body)

    with ThreadPoolExecutor(PARALLEL_COPIES) as threads:
        list(threads.map(copy, keys))


def _rate(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return _FILES / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
