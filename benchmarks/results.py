"""What was measured, written where the next measurement finds it: on which machine, with what, of which code."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine, versions
from benchmarks.process_tree import Cost

RESULTS = Path(__file__).parent / "results"
_MEASURED = ("wall_seconds", "cpu_seconds", "peak_mib", "peak_rss_mib", "other_cpu_seconds")
_SHOWN = {
    "wall s": "wall_seconds",
    "processor s": "cpu_seconds",
    "peak MiB": "peak_mib",
    "others s": "other_cpu_seconds",
}


def record_costs(
    file: Path, costs: Mapping[str, Sequence[Cost]], *, reference: str, of: Mapping[str, object]
) -> None:
    """The runs, their medians and the ratios to the reference variant, in the file."""
    variants = {
        name: {part: spread([getattr(run, part) for run in runs]) for part in _MEASURED}
        | {"times_the_reference": _ratios(runs, costs[reference]), "runs": list(map(asdict, runs))}
        for name, runs in costs.items()
    }
    record(file, {"workload": dict(of), "reference": reference, "variants": variants})


def record(file: Path, measured: Mapping[str, object]) -> None:
    """The file holds what was measured and everything it depends on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "benchmark": file.stem,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "code": code(),
    }
    file.write_text(json.dumps(result | dict(measured), indent=2) + "\n")


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def _ratios(runs: Sequence[Cost], reference: Sequence[Cost]) -> dict[str, float]:
    """Medians divided by the reference's: above 1 is slower, or larger."""

    def ratio(of: Callable[[Cost], float]) -> float:
        return round(statistics.median(map(of, runs)) / statistics.median(map(of, reference)), 2)

    return {
        "wall": ratio(lambda run: run.wall_seconds),
        "cpu": ratio(lambda run: run.cpu_seconds),
        "peak": ratio(lambda run: run.peak_mib),
    }


def show(file: Path) -> None:
    """Print a recorded result."""
    result = json.loads(file.read_text())
    console = Console(width=120)
    if "variants" in result:
        console.print(_table(result))
    for part in ("workload", "seconds", "above_idle_mib", "found"):
        if part in result:
            console.print(f"{part}: {_text(result[part])}", highlight=False)
    console.print(f"{_text(result['machine'])}; code {result['code']}; {file.name}\n", highlight=False)


def _table(result: dict[str, dict[str, dict[str, dict[str, float]]]]) -> Table:
    table = Table(title=f"{result['benchmark']}: median (least-most)", title_justify="left")
    for heading in ("variant", *_SHOWN, f"x {result['reference']}"):
        table.add_column(heading, justify="left" if heading == "variant" else "right", no_wrap=True)
    for name, measured in result["variants"].items():
        cells = (_cell(measured[part]) for part in _SHOWN.values())
        table.add_row(name, *cells, f"{measured['times_the_reference']['wall']:.2f}")
    return table


def _cell(found: Mapping[str, float]) -> str:
    digits = 0 if found["median"] >= 1000 else 1
    return f"{found['median']:.{digits}f} ({found['min']:.{digits}f}-{found['max']:.{digits}f})"


def _text(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
