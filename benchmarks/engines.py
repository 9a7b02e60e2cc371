"""Engines side by side: a session, a tiny write, and the main workload, each by a process of its own."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import platform_run
from benchmarks.clusters import clusters
from benchmarks.measure import Variant, in_turn, one_run
from benchmarks.results import RESULTS, record_costs
from benchmarks.workload import INGESTION_DATE, Size, landing_area

#: Spark with the settings it comes with, and as this project starts it.
SPARK_BY_DEFAULT = "spark-default"
#: Workers of the clusters, each with one core. A cluster runs beside the process that is measured.
WORKERS = (1, 2)


def run(cache: Path, *, rounds: int, rows: float) -> Path:
    """Each engine did each kind of work `rounds` times in turn; it is recorded."""
    with clusters(WORKERS) as urls:
        for variant in variants(landing_area(cache, rows=0.01), urls):
            one_run(variant, cache / "warm-up" / variant.name)
        compared = variants(landing_area(cache, rows=rows), urls)
        costs = in_turn(compared, rounds=rounds, folder=cache / "runs")
    file = RESULTS / "engines.json" if rows == 1 else cache / f"engines-rows-{rows:g}.json"
    record_costs(file, costs, reference="main-embedded", of={"rows": rows} | asdict(Size.of(rows)))
    return file


def variants(landing: Path, urls: Mapping[str, str]) -> Sequence[Variant]:
    """Every kind of work on every engine; `urls` are those of clusters, by name."""
    names = ("embedded", "spark", SPARK_BY_DEFAULT, *urls)
    return [
        variant
        for name in names
        for variant in (*_small(name, urls.get(name)), _main(name, landing, urls.get(name)))
    ]


def _small(name: str, url: str | None) -> list[Variant]:
    return [
        Variant(
            f"{kind}-{name}",
            lambda folder, work=work: _by(name, ["benchmarks.engine_work", work, str(folder)]),  # type: ignore[misc]
            environment=lambda folder: {"DATAOPS_LAKE_URL": str(folder), **_chosen(name, url)},
        )
        for kind, work in (("start", "start"), ("write", _write_of(name)))
    ]


def _write_of(name: str) -> str:
    return "write-by-spark" if name == SPARK_BY_DEFAULT else "write"


def _main(name: str, landing: Path, url: str | None) -> Variant:
    return Variant(
        f"main-{name}",
        lambda _lake: _by(name, platform_run.command()[2:]),
        environment=lambda lake: {
            **platform_run.environment(landing=str(landing), lake=str(lake), first_date=INGESTION_DATE),
            **_chosen(name, url),
        },
    )


def _by(name: str, module: Sequence[str]) -> list[str]:
    plain = ["benchmarks.spark_by_default"] if name == SPARK_BY_DEFAULT else []
    return [sys.executable, "-m", *plain, *module]


def _chosen(name: str, url: str | None) -> Mapping[str, str]:
    files = os.environ.get("DATAOPS_ENGINE_FILES")
    engine = {SPARK_BY_DEFAULT: "spark"}.get(name, name) if url is None else "connect"
    return {
        "DATAOPS_ENGINE": engine,
        **({"DATAOPS_CONNECT_URL": url} if url else {}),
        **({"DATAOPS_ENGINE_FILES": files} if files else {}),
    }
