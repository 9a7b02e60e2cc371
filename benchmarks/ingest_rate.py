"""How fast new keys are taken, against boto3 that just reads and writes them.

The two take turns on one S3 server, because what else the machine does differs from minute to minute.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.results import spread
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.landing.ingest import PARALLEL_COPIES, Ingest
from dataops_platform.resources.object_store import S3Store

_FILES, _BYTES = 1_000, 20_000
_DAY = date(2026, 1, 2)


def measured(server: S3Server, *, turns: int) -> dict[str, Any]:
    """Files a second of each, and the median ratio of a turn's two; the environment names the server."""
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        config=Config(max_pool_connections=PARALLEL_COPIES, s3={"addressing_style": "path"}),
    )
    name = f"rate-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    with closing(client):
        rates = [_turn(client, f"{name}-{number}") for number in range(turns)]
    plain, taken = zip(*rates, strict=True)
    return {
        "plain_files_a_second": spread(plain),
        "ingested_files_a_second": spread(taken),
        "of_plain": spread([ingested / copied for copied, ingested in rates]),
    }


def _turn(client: Any, prefix: str) -> tuple[float, float]:
    keys = [f"{prefix}/customers/dt={_DAY}/{n}.csv" for n in range(_FILES)]
    with ThreadPoolExecutor(PARALLEL_COPIES) as threads:
        list(threads.map(lambda key: client.put_object(Bucket="landing", Key=key, Body=b"x" * _BYTES), keys))
    step = Ingest(
        S3Store("landing", prefix), S3Store("lake", prefix), frozenset({"customers"}), lambda _day: True
    )
    list(step.lake_store.objects())  # its connections are open, as the other's are
    return _rate(lambda: _plain_copies(client, keys)), _rate(lambda: step.run(frozenset()))


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
