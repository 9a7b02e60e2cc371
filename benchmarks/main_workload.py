"""The main comparison: one day of a shop to gold, by notebooks on Spark, by hand and by the platform."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import platform_run
from benchmarks.measure import Variant, in_turn, one_run, record
from benchmarks.published_tables import Published, published_in, refuse_a_difference
from benchmarks.workload import INGESTION_DATE, Size, landing_area


def run(cache: Path, *, rounds: int, rows: float, tuned: bool) -> Path:
    """Every variant ran `rounds` times in turn, published the same tables, and the result is recorded."""
    landing = landing_area(cache, rows=rows)
    for variant in variants(landing_area(cache, rows=0.01), tuned=tuned):
        one_run(variant, cache / "warm-up" / variant.name)  # jars, page cache and byte code are in place
    compared = variants(landing, tuned=tuned)
    costs = in_turn(compared, rounds=rounds, folder=cache / "runs")
    reference = "platform" if "platform" in costs else "polars"
    name = "main" if rows == 1 else f"main-rows-{rows:g}"
    return record(name, costs, reference=reference, of={"rows": rows} | asdict(Size.of(rows)))


def variants(landing: Path, *, tuned: bool) -> Sequence[Variant]:
    """The ways to do the work; the platform takes part as soon as its command is installed."""
    check = _same_as_the_first()
    found = [
        _program("notebooks-spark", "notebook_spark", landing, check),
        _program("polars", "handwritten_polars", landing, check),
        _program("polars-with-bronze", "handwritten_polars", landing, check, "--with-bronze"),
    ]
    if tuned:
        found.append(_program("notebooks-spark-tuned", "notebook_spark", landing, check, "--tuned"))
    if platform_run.is_installed():
        found.append(_platform(landing, check))
    return found


def _program(
    name: str, module: str, landing: Path, check: Callable[[str, Path], None], *flags: str
) -> Variant:
    program = [sys.executable, "-m", f"benchmarks.{module}"]
    return Variant(
        name,
        lambda lake: [*program, str(landing), str(lake), "--as-of", INGESTION_DATE, *flags],
        after=lambda lake: check(name, lake),
    )


def _platform(landing: Path, check: Callable[[str, Path], None]) -> Variant:
    return Variant(
        "platform",
        lambda _lake: platform_run.command(),
        environment=lambda lake: platform_run.environment(
            landing=landing, lake=lake, first_date=INGESTION_DATE
        ),
        after=lambda lake: check("platform", lake),
    )


def _same_as_the_first() -> Callable[[str, Path], None]:
    first: list[Published] = []

    def check(name: str, lake: Path) -> None:
        published = published_in(lake)
        if first:
            refuse_a_difference(first[0], published, variant=name)
        first[:] = first or [published]

    return check
