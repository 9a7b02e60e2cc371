"""`python -m benchmarks [name]`: measure, compare, record."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import (
    anomalies,
    crawl,
    drop_to_gold,
    engines,
    ingest,
    lake_stream,
    main_workload,
    notifications,
    olist_backfill,
    queued_runs,
    report,
    rules,
    scaling,
    sensor_ticks,
    site,
)
from benchmarks.results import show

_CACHE = Path(__file__).parent / ".cache"

Asked = argparse.Namespace

_BENCHMARKS: Mapping[str, Callable[[Asked], Path | None]] = {
    "main": lambda a: main_workload.run(a.cache, rounds=a.rounds, rows=a.rows, only=a.only),
    "lake": lambda a: lake_stream.run(a.cache, rounds=a.rounds, rows=a.rows),
    "rules": lambda a: rules.run(a.cache, rounds=a.rounds, rows=a.rows),
    "olist": lambda a: olist_backfill.run(a.cache, rounds=a.rounds),
    "crawl": lambda a: crawl.run(a.cache, rounds=a.rounds, rows=a.rows),
    "drop": lambda a: drop_to_gold.run(a.cache, drops=a.rounds),
    "anomalies": lambda a: anomalies.run(rounds=a.rounds),
    "queue": lambda a: queued_runs.run(a.cache),
    "ticks": lambda a: sensor_ticks.run(a.cache),
    "ingest": lambda a: ingest.run(a.cache, rounds=a.rounds, factor=a.rows),
    "notifications": lambda a: notifications.run(a.cache, rounds=a.rounds),
    "engines": lambda a: engines.run(a.cache, rounds=a.rounds, rows=a.rows),
    "scaling": lambda a: scaling.run(a.cache, rounds=a.rounds, rows=a.rows),
    "site": lambda a: site.run(a.cache, rounds=a.rounds),
    "report": lambda a: report.run(rounds=a.rounds),
}


def main() -> None:
    """The benchmarks asked for have run, their results are recorded and printed."""
    asked = _asked()
    for name in [asked.benchmark] if asked.benchmark else _BENCHMARKS:
        print(f"benchmark {name}")
        file = _BENCHMARKS[name](asked)
        if file is None:
            print(f"{name}: what it needs is not on this machine, nothing was measured")
        else:
            show(file)


def _asked() -> Asked:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", nargs="?", choices=[*_BENCHMARKS], help="all in turn when left out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--rows",
        type=float,
        default=1.0,
        help="factor on the full workload of main, lake, rules, crawl, engines, scaling and ingest",
    )
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where landing files and lakes are kept")
    names = [*main_workload.NAMES, "notebooks-spark-tuned"]
    parser.add_argument("--only", nargs="*", default=[], choices=names, help="these variants of main")
    asked = parser.parse_args()
    asked.cache = asked.cache.resolve()
    return asked


if __name__ == "__main__":
    main()
