"""Commands run in turn, A B C A B C …, so that a slow minute of the machine strikes all of them alike."""

import json
import os
import shutil
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine, versions
from benchmarks.process_tree import Cost, cost_of

RESULTS = Path(__file__).parent / "results"
_SHOWN = ("wall_seconds", "cpu_seconds", "peak_rss_mib", "other_cpu_seconds")
_REPOSITORY = Path(__file__).parent.parent


class CommandFailedError(RuntimeError):
    """A command under measurement ended with another code than 0."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do the work.

    Attributes:
        name: As the results call it.
        command: Makes from the folder it is given, empty at first, whatever `after` looks at.
        environment: Its variables, on top of this process's own.
        before: Called with the same folder, unmeasured, before each run.
        after: Called with it, unmeasured, after each run: the place to refuse a wrong result.
    """

    name: str
    command: Callable[[Path], Sequence[str]]
    environment: Callable[[Path], Mapping[str, str]] = field(default=lambda _folder: {})
    before: Callable[[Path], None] = field(default=lambda _folder: None)
    after: Callable[[Path], None] = field(default=lambda _folder: None)


def in_turn(variants: Sequence[Variant], *, rounds: int, folder: Path) -> dict[str, list[Cost]]:
    """The cost of each variant in each round."""
    costs: dict[str, list[Cost]] = {variant.name: [] for variant in variants}
    for number in range(1, rounds + 1):
        for variant in variants:
            cost = one_run(variant, folder / variant.name)
            costs[variant.name].append(cost)
            Console().print(
                f"round {number} of {rounds}  {variant.name}  {cost.wall_seconds:.1f} s  "
                f"{cost.peak_rss_mib:.0f} MiB  (other processes: {cost.other_cpu_seconds:.1f} s)"
            )
    return costs


def one_run(variant: Variant, folder: Path) -> Cost:
    """One run of the variant in a folder that was empty before and is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder.with_suffix(".log")
    variant.before(folder)
    environment = {**_inherited(), **variant.environment(folder)}
    os.sync()  # what the run before left unwritten must not slow this one
    cost = cost_of(variant.command(folder), environment=environment, folder=folder, log=log)
    if cost.exit_code != 0:
        raise CommandFailedError(f"{variant.name} ended with code {cost.exit_code}; its output is in {log}")
    variant.after(folder)
    shutil.rmtree(folder)
    return cost


def _inherited() -> Mapping[str, str]:
    """This process's variables without those that would steer the platform: it is measured as it comes."""
    path = os.pathsep.join(filter(None, (str(_REPOSITORY), os.environ.get("PYTHONPATH"))))
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATAOPS_", "DAGSTER_"))
    }
    return kept | {"PYTHONPATH": path}


def record(
    name: str, costs: Mapping[str, Sequence[Cost]], *, reference: str, of: Mapping[str, object]
) -> Path:
    """The runs, their medians and the ratios to the reference variant, in `results/<name>.json`."""
    result = {
        "benchmark": name,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "workload": dict(of),
        "machine": machine(),
        "versions": versions(),
        "reference": reference,
        "variants": {
            variant: {
                "wall_seconds": _spread([run.wall_seconds for run in runs]),
                "cpu_seconds": _spread([run.cpu_seconds for run in runs]),
                "peak_rss_mib": _spread([run.peak_rss_mib for run in runs]),
                "peak_pss_mib": _spread([run.peak_pss_mib for run in runs]),
                "other_cpu_seconds": _spread([run.other_cpu_seconds for run in runs]),
                "times_the_reference": _ratios(runs, costs[reference]),
                "runs": [asdict(run) for run in runs],
            }
            for variant, runs in costs.items()
        },
    }
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(result, indent=2, default=str) + "\n")
    return file


def _spread(values: Sequence[float]) -> dict[str, float]:
    middle = statistics.median(values)
    return {"median": round(middle, 3), "min": round(min(values), 3), "max": round(max(values), 3)}


def _ratios(runs: Sequence[Cost], reference: Sequence[Cost]) -> dict[str, float]:
    """Medians divided by the reference's: above 1 is slower, or larger."""

    def ratio(of: Callable[[Cost], float]) -> float:
        return round(statistics.median(map(of, runs)) / statistics.median(map(of, reference)), 2)

    return {
        "wall": ratio(lambda run: run.wall_seconds),
        "cpu": ratio(lambda run: run.cpu_seconds),
        "peak_rss": ratio(lambda run: run.peak_rss_mib),
    }


def show(file: Path) -> None:
    """Print a recorded result as a table."""
    result = json.loads(file.read_text())
    machine_text = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    table = Table(title=f"{result['benchmark']}: median (min to max)", caption=machine_text)
    for heading in ("variant", "wall s", "processor s", "peak MiB", "others s", f"x {result['reference']}"):
        table.add_column(heading, justify="left" if heading == "variant" else "right")
    for name, measured in result["variants"].items():
        cells = [_cell(measured[part]) for part in _SHOWN]
        table.add_row(name, *cells, f"{measured['times_the_reference']['wall']:.2f}")
    Console(width=110).print(table, f"workload: {result['workload']}", f"recorded in {file.name}", sep="\n")


def _cell(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:.1f} ({spread['min']:.1f}-{spread['max']:.1f})"
