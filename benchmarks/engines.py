"""Engines side by side: a session, a tiny write, and the main workload, each by a process of its own."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import platform_run
from benchmarks.measure import Variant, in_turn, one_run
from benchmarks.results import RESULTS, record_costs
from benchmarks.workload import INGESTION_DATE, Size, landing_area

ENGINES = ("embedded", "spark")


def run(cache: Path, *, rounds: int, rows: float) -> Path:
    """Each engine did each kind of work `rounds` times in turn; it is recorded."""
    for variant in variants(landing_area(cache, rows=0.01)):
        one_run(variant, cache / "warm-up" / variant.name)
    costs = in_turn(variants(landing_area(cache, rows=rows)), rounds=rounds, folder=cache / "runs")
    file = RESULTS / "engines.json" if rows == 0.1 else cache / f"engines-rows-{rows:g}.json"
    record_costs(file, costs, reference="main-embedded", of={"rows": rows} | asdict(Size.of(rows)))
    return file


def variants(landing: Path) -> Sequence[Variant]:
    """Every kind of work on every engine."""
    return [variant for engine in ENGINES for variant in (*_small(engine), _main(engine, landing))]


def _small(engine: str) -> list[Variant]:
    program = [sys.executable, "-m", "benchmarks.engine_work"]
    return [
        Variant(
            f"{work}-{engine}",
            lambda folder, work=work: [*program, work, str(folder)],  # type: ignore[misc]
            environment=lambda _folder: _chosen(engine),
        )
        for work in ("start", "write")
    ]


def _main(engine: str, landing: Path) -> Variant:
    return Variant(
        f"main-{engine}",
        lambda _lake: platform_run.command(),
        environment=lambda lake: {
            **platform_run.environment(landing=str(landing), lake=str(lake), first_date=INGESTION_DATE),
            **_chosen(engine),
        },
    )


def _chosen(engine: str) -> Mapping[str, str]:
    files = os.environ.get("DATAOPS_ENGINE_FILES")
    return {"DATAOPS_ENGINE": engine, **({"DATAOPS_ENGINE_FILES": files} if files else {})}
