"""Ingestion at its limits: very many old keys, and very many new ones, on one S3 server."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import ingest_rate
from benchmarks.filer import Filer
from benchmarks.many_keys import BODY, KeyRange, make
from benchmarks.measure import environment_of, inherited
from benchmarks.results import RESULTS, record
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs

_OLD = (10_000, 100_000, 1_000_000)
_NEW = 100_000
_TICKS = 12


def run(cache: Path, *, rounds: int, factor: float) -> Path:
    """All of it is measured and recorded; with a `factor` below 1 of fewer keys."""
    with seaweedfs(cache / "ingest") as server, environment_of(server):
        parts: Mapping[str, Callable[[], Any]] = {
            "rate": lambda: ingest_rate.measured(server, turns=rounds),
            "steady": lambda: [_steady(server, round(count * factor)) for count in _OLD],
            "new": lambda: _all_new(server, round(_NEW * factor)),
        }
        measured = {}
        for name, measure in parts.items():
            measured[name] = measure()
            print(f"ingest {name}: {json.dumps(measured[name])}", flush=True)
    record(RESULTS / "ingest.json", measured)
    return RESULTS / "ingest.json"


def _steady(server: S3Server, count: int) -> dict[str, Any]:
    """Ticks that find nothing new among so many keys."""
    wanted = KeyRange(count, datetime.now(UTC).date())
    make(server, wanted)
    ticks = _ticks(wanted.settings(), "--most", str(_TICKS))
    # The first one opens connections and reads the journal.
    return {"keys": count, "first": ticks[0], "slowest": max(ticks[1:], key=lambda tick: tick["seconds"])}


def _all_new(server: S3Server, count: int) -> dict[str, Any]:
    """Ticks until so many keys, all of them new, are in the raw zone."""
    wanted = KeyRange(count, datetime.now(UTC).date())
    name = f"new-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    Filer(server).copy("landing", BODY, (f"{name}/{key}" for key in wanted.landed()))
    settings = wanted.settings() | {
        "DATAOPS_LANDING_URL": f"s3://landing/{name}",
        "DATAOPS_LAKE_URL": f"s3://lake/{name}",
    }
    ticks = _ticks(settings, "--until-idle")
    busy = ticks[:-1]
    copied = sum(tick["requests"].get("PutObject", 0) for tick in ticks) // 2
    if copied != count:
        raise RuntimeError(f"{copied} of {count} keys were copied")
    seconds = sum(tick["seconds"] for tick in busy)
    return {
        "keys": count,
        "ticks": len(busy),
        "longest_tick_seconds": max(tick["seconds"] for tick in busy),
        "files_a_second": round(count / seconds, 1),
        "requests_a_file": round(sum(sum(t["requests"].values()) for t in busy) / count, 2),
        "processor_ms_a_file": round(sum(t["processor_seconds"] for t in busy) / count * 1_000, 2),
        "peak_mib": busy[-1]["peak_mib"],
    }


def _ticks(settings: Mapping[str, str], *words: str) -> Sequence[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.landing_ticks", *words]
    environment = {**inherited(), **settings}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
