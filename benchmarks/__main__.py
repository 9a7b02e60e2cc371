"""`python -m benchmarks [main|lake|olist|drop]`: measure, compare, record."""

import argparse
from pathlib import Path

from benchmarks import main_workload
from benchmarks.measure import show

_CACHE = Path(__file__).parent / ".cache"


def main() -> None:
    """The benchmarks asked for have run, their results are recorded and printed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", nargs="?", choices=["main"], help="all in turn when left out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=float, default=1.0, help="factor on the full workload")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="landing files and lakes live here")
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        choices=[*main_workload.NAMES, "notebooks-spark-tuned"],
        help="of main",
    )
    asked = parser.parse_args()
    show(main_workload.run(asked.cache, rounds=asked.rounds, rows=asked.rows, only=asked.only))


if __name__ == "__main__":
    main()
