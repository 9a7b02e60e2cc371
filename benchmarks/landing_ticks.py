"""Ticks of the landing sensor in a process of their own: `python -m benchmarks.landing_ticks` prints each as JSON."""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.definitions import build_definitions
from dataops_platform.layers.sensors import landing_sensor
from dataops_platform.resources.environments import platform_for, read_settings
from dataops_platform.tables import load_tables


def ticks(platform: Platform) -> Iterator[dict[str, Any]]:
    """One tick after the other, each beginning where the one before it ended."""
    requests = _counted(platform)
    cursor = None
    definitions = build_definitions(read_settings(), load_tables(), platform=platform)
    with dg.DagsterInstance.ephemeral() as instance:
        while True:
            requests.clear()
            context = dg.build_sensor_context(
                instance=instance,
                cursor=cursor,
                resources={"platform": platform},
                definitions=definitions,
            )
            began, busy = time.perf_counter(), time.process_time()
            answer = landing_sensor().evaluate_tick(context)
            cursor = answer.cursor
            yield {
                "seconds": round(time.perf_counter() - began, 3),
                "processor_seconds": round(time.process_time() - busy, 3),
                "requests": dict(requests),
                "peak_mib": _peak_mib(),
                "told": answer.skip_message or "asks for a run",
            }


def _peak_mib() -> int:
    """This process's own: what `resource` tells may be its parent's."""
    told = Path("/proc/self/status").read_text(encoding="utf-8").partition("VmHWM:")[2]
    return int(told.split()[0]) // 1024


def _counted(platform: Platform) -> Counter[str]:
    """How often the stores ask S3 what, from now on."""
    requests: Counter[str] = Counter()
    for store in (platform.landing, platform.lake_store):
        store.client.meta.events.register(  # type: ignore[attr-defined]  # they are buckets here
            "before-call.s3", lambda model, **_told: requests.update([model.name])
        )
    return requests


def main() -> None:
    """As many ticks as asked for; or until one finds nothing new."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000)
    parser.add_argument("--until-idle", action="store_true")
    asked = parser.parse_args()
    for number, tick in enumerate(ticks(platform_for(read_settings(), load_tables())), 1):
        print(json.dumps(tick), flush=True)
        is_idle = "PutObject" not in tick["requests"]
        if number == asked.most or (asked.until_idle and is_idle):
            break


if __name__ == "__main__":
    main()
