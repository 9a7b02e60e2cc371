"""The main workload at several sizes on the embedded engine: how time and memory grow with the rows."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import platform_run
from benchmarks.measure import Variant, in_turn, one_run
from benchmarks.results import RESULTS, record_costs
from benchmarks.workload import INGESTION_DATE, Size, landing_area

#: Times the full workload: 2, 20 and 60 million transactions, and one and a half times as many events.
SIZES = (1.0, 10.0, 30.0)


def run(cache: Path, *, rounds: int, rows: float) -> Path:
    """Each size ran `rounds` times in turn; it is recorded."""
    one_run(_platform(cache, 0.01), cache / "warm-up" / "scaling")
    compared = [_platform(cache, size * rows) for size in SIZES]
    costs = in_turn(compared, rounds=rounds, folder=cache / "runs")
    file = RESULTS / "scaling.json" if rows == 1 else cache / f"scaling-rows-{rows:g}.json"
    record_costs(file, costs, reference=compared[0].name, of=_transactions(compared, rows))
    return file


def _transactions(compared: Sequence[Variant], rows: float) -> dict[str, object]:
    return {
        variant.name: Size.of(size * rows).transactions for variant, size in zip(compared, SIZES, strict=True)
    }


def _platform(cache: Path, rows: float) -> Variant:
    landing = landing_area(cache, rows=rows)
    return Variant(
        f"rows-{rows:g}",
        lambda _lake: platform_run.command(),
        environment=lambda lake: platform_run.environment(
            landing=str(landing), lake=str(lake), first_date=INGESTION_DATE
        ),
    )
