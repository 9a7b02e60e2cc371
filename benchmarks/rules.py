"""What rules cost: orders published without any, judged by 5, 50 and 200, and validated by pandera's own Spark side."""

import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.measure import Variant, in_turn, one_run
from benchmarks.process_tree import Cost
from benchmarks.results import RESULTS, record_costs
from benchmarks.rules_rows import BRONZE, ROWS_A_DATE, dates_of, landed, quarantined
from benchmarks.rules_work import TOOK
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.resources.lake import DeltaLake

#: Variant → the program that publishes, and by how many rules.
_WAYS = {
    "plain": ("rules_work plain", 0),
    "judged-5": ("rules_work judged", 5),
    "judged-50": ("rules_work judged", 50),
    "judged-200": ("rules_work judged", 200),
    "pandera-50": ("rules_pandera", 50),
    "pandera-50-staged": ("rules_pandera --staged", 50),
}
_WARM_UP_ROWS = 20_000
Took = dict[str, list[float]]


def run(cache: Path, *, rounds: int, rows: float) -> Path:
    """Every variant ran `rounds` times in turn, and its rows ended where they belong; it is recorded."""
    count = round(ROWS_A_DATE * rows)
    for variant in _variants(cache, _WARM_UP_ROWS, defaultdict(list)):
        one_run(variant, cache / "warm-up" / variant.name)
    took: Took = defaultdict(list)
    costs = in_turn(_variants(cache, count, took), rounds=rounds, folder=cache / "runs")
    file = (RESULTS if rows >= 1 else cache) / ("rules.json" if rows == 1 else f"rules-rows-{rows:g}.json")
    of = {"rows": count, "columns": 10, "dates": len(dates_of(count)), "quarantined": quarantined(count)}
    record_costs(file, costs, reference="plain", of={**of, **_ratios(costs, took)})
    return file


def _ratios(costs: Mapping[str, Sequence[Cost]], took: Took) -> Mapping[str, object]:
    """What is aimed at: of whole processes, of the work without imports and the engine's start, of judging alone."""
    whole = {name: median(cost.wall_seconds for cost in found) for name, found in costs.items()}
    peaks = {name: median(cost.peak_mib for cost in found) for name, found in costs.items()}
    work = {name: median(found) for name, found in took.items()}
    judging = {name: seconds - work["plain"] for name, seconds in work.items() if name != "plain"}
    return {
        "times_plain": _divided(whole, by="plain"),
        "peak_times_plain": _divided(peaks, by="plain"),
        "times_judged_50": _divided(whole, by="judged-50"),
        "work_seconds": {name: round(seconds, 2) for name, seconds in work.items()},
        "work_times_plain": _divided(work, by="plain"),
        "judging_seconds": {name: round(seconds, 2) for name, seconds in judging.items()},
    }


def _divided(seconds: Mapping[str, float], *, by: str) -> Mapping[str, float]:
    return {name: round(taken / seconds[by], 2) for name, taken in seconds.items() if name != by}


def _variants(cache: Path, rows: int, took: Took) -> Sequence[Variant]:
    return [_variant(name, landed(cache, rows), rows, took[name]) for name in _WAYS]


def _variant(name: str, bronze: Path, rows: int, took: list[float]) -> Variant:
    program, rules = _WAYS[name]
    module, *way = program.split()
    command = [sys.executable, "-m", f"benchmarks.{module}", *way, f"--rules={rules}", f"--rows={rows}"]

    def after(lake: Path) -> None:
        _refuse_lost_rows(lake, rows, quarantined(rows) if "judged" in way else 0)
        took.append(json.loads((lake / TOOK).read_text())["wall"])

    return Variant(
        name,
        lambda lake: [*command, str(lake)],
        before=lambda lake: _link(bronze / BRONZE, lake / BRONZE),
        after=after,
    )


def _link(table: Path, to: Path) -> None:
    """The table is in the lake too, without a copy: nothing changes what a Delta table's files hold."""
    shutil.copytree(table, to, copy_function=os.link)


def _refuse_lost_rows(lake: Path, rows: int, rejected: int) -> None:
    tables = DeltaLake(str(lake), EmbeddedEngine())
    silver, quarantine = (
        sum(facts.rows for facts in tables.partitions(f"{layer}/orders").values())
        for layer in ("silver", "quarantine")
    )
    if (silver, quarantine) != (rows - rejected, rejected):
        raise AssertionError(
            f"{silver} rows are in silver and {quarantine} in quarantine, "
            f"not {rows - rejected} and {rejected}; the lake is kept"
        )
