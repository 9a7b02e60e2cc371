"""`python -m benchmarks [main|lake|rules|olist|crawl|drop|anomalies|queue|ingest]`: measure, compare, record."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import (
    anomalies,
    crawl,
    drop_to_gold,
    ingest,
    lake_stream,
    main_workload,
    olist_backfill,
    queued_runs,
    rules,
)
from benchmarks.results import show

_CACHE = Path(__file__).parent / ".cache"


def main() -> None:
    """The benchmarks asked for have run, their results are recorded and printed."""
    found = _benchmarks(asked := _asked())
    for name in [asked.benchmark] if asked.benchmark else found:
        print(f"benchmark {name}")
        file = found[name]()
        if file is None:
            print(f"{name}: what it needs is not on this machine, nothing was measured")
        else:
            show(file)


def _benchmarks(asked: argparse.Namespace) -> Mapping[str, Callable[[], Path | None]]:
    cache, rounds, rows = asked.cache.resolve(), asked.rounds, asked.rows
    return {
        "main": lambda: main_workload.run(cache, rounds=rounds, rows=rows, only=asked.only),
        "lake": lambda: lake_stream.run(cache, rounds=rounds, rows=rows),
        "rules": lambda: rules.run(cache, rounds=rounds, rows=rows),
        "olist": lambda: olist_backfill.run(cache, rounds=rounds),
        "crawl": lambda: crawl.run(cache, rounds=rounds, rows=rows),
        "drop": lambda: drop_to_gold.run(cache, drops=rounds),
        "anomalies": lambda: anomalies.run(rounds=rounds),
        "queue": lambda: queued_runs.run(cache),
        "ingest": lambda: ingest.run(cache, rounds=rounds, factor=rows),
    }


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    benchmarks = ["main", "lake", "rules", "olist", "crawl", "drop", "anomalies", "queue", "ingest"]
    parser.add_argument("benchmark", nargs="?", choices=benchmarks, help="all in turn when left out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--rows",
        type=float,
        default=1.0,
        help="factor on the full workload of main, lake, rules, crawl and ingest",
    )
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where landing files and lakes are kept")
    names = [*main_workload.NAMES, "notebooks-spark-tuned"]
    parser.add_argument("--only", nargs="*", default=[], choices=names, help="these variants of main")
    return parser.parse_args()


if __name__ == "__main__":
    main()
