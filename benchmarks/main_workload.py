"""The main comparison: one day of a shop to gold, by notebooks on Spark, by hand and by the platform."""

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import platform_run
from benchmarks.measure import Variant, in_turn, one_run
from benchmarks.published_tables import Published, published_in, refuse_a_difference
from benchmarks.results import RESULTS, record_costs
from benchmarks.workload import INGESTION_DATE, Size, landing_area

NAMES = ("notebooks-spark", "polars", "polars-with-bronze", "platform")


def run(cache: Path, *, rounds: int, rows: float, only: Collection[str]) -> Path:
    """Every variant (or `only` these) ran `rounds` times in turn and published the same tables; it is recorded."""
    landing = landing_area(cache, rows=rows)
    for variant in variants(landing_area(cache, rows=0.01), only):
        one_run(variant, cache / "warm-up" / variant.name)  # jars, page cache and byte code are in place
    compared = variants(landing, only)
    costs = in_turn(compared, rounds=rounds, folder=cache / "runs")
    name = "-".join(["main", *([f"rows-{rows:g}"] if rows != 1 else []), *only])
    file = (cache if only or rows != 1 else RESULTS) / f"{name}.json"  # a part is for whoever asked for it
    reference = compared[-1].name  # the platform, unless it was left out
    record_costs(file, costs, reference=reference, of={"rows": rows} | asdict(Size.of(rows)))
    return file


def variants(landing: Path, only: Collection[str]) -> Sequence[Variant]:
    """The ways to do the work; tuned Spark takes part only where it is asked for by name."""
    check = _same_as_the_first()
    every = [
        _program("notebooks-spark", "notebook_spark", landing, check),
        _program("notebooks-spark-tuned", "notebook_spark", landing, check, "--tuned"),
        _program("polars", "handwritten_polars", landing, check),
        _program("polars-with-bronze", "handwritten_polars", landing, check, "--with-bronze"),
        _platform(landing, check),
    ]
    return [variant for variant in every if variant.name in (only or NAMES)]


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
            landing=str(landing), lake=str(lake), first_date=INGESTION_DATE
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
