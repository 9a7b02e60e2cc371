"""Many rows of 90 dates on their way through the engine into the lake: does memory grow with the rows?

Run as a program it is the work itself: read, stage, replace the dates. Its memory is told above that of the same
program with nothing to write.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Variant, in_turn
from benchmarks.results import RESULTS, record_costs
from benchmarks.synthetic_columns import days, drawn, ids, money, skewed
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.resources.lake import DeltaLake

DATES = [date(2024, 1, 1) + timedelta(days=number) for number in range(90)]
ROWS = {"idle": 0, "2-million-rows": 2_000_000, "20-million-rows": 20_000_000}
_TABLE = "bronze/measured"


def run(cache: Path, *, rounds: int, rows: float) -> Path:
    """Each size went through the lake `rounds` times in turn; its memory above idle is recorded."""
    variants = [_variant(name, _landed(cache, round(count * rows))) for name, count in ROWS.items()]
    costs = in_turn(variants, rounds=rounds, folder=cache / "runs")
    peaks = {name: median(cost.peak_mib for cost in found) for name, found in costs.items()}
    above_idle = {name: round(peak - peaks["idle"]) for name, peak in peaks.items() if name != "idle"}
    file = (RESULTS if rows == 1 else cache) / "lake.json"
    of = {"rows": rows, "columns": 6, "dates": len(DATES), "above_idle_mib": above_idle}
    record_costs(file, costs, reference="2-million-rows", of=of)
    return file


def _variant(name: str, landed: Path) -> Variant:
    expected = pq.ParquetDataset(landed).read(columns=["ingestion_date"]).num_rows
    return Variant(
        name,
        lambda lake: [sys.executable, "-m", "benchmarks.lake_stream", str(landed), str(lake)],
        after=lambda lake: _refuse_lost_rows(lake, expected),
    )


def _refuse_lost_rows(lake: Path, expected: int) -> None:
    facts = DeltaLake(str(lake), EmbeddedEngine()).partitions(_TABLE)
    found = sum(partition.rows for partition in facts.values())
    if found != expected:
        raise AssertionError(f"{_TABLE} holds {found} rows of {expected}")


def _landed(cache: Path, rows: int) -> Path:
    """A folder of one parquet file for each date, made on the first call only."""
    folder = cache / f"stream-{rows}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        for number, day in enumerate(DATES):
            count = rows // len(DATES) + (number < rows % len(DATES))
            pq.write_table(_day(day, count), unfinished / f"{day}.parquet")
        unfinished.rename(folder)
    return folder


def _day(day: date, count: int) -> pa.Table:
    rng = np.random.default_rng(day.toordinal())
    return pa.table(
        {
            "event_id": ids(f"{day:E%m%d}", np.arange(count), 8),
            "customer_id": ids("C", skewed(100_000, count, 0.5, rng), 8),
            "event_type": drawn(("page_view", "search", "checkout"), count, rng),
            "event_date": days("2023-01-01", 365, count, rng),
            "amount": money(rng.integers(1, 100_000, count)),
            "ingestion_date": pa.array([day] * count, pa.date32()),
        }
    )


def main(landed: Path, lake: Path) -> None:
    """The lake's table holds the landed rows, date by date."""
    engine = EmbeddedEngine()
    try:
        staged = engine.stage(engine.session.read.parquet(str(landed)))
        schema = pq.read_schema(next(landed.iterdir()))
        DeltaLake(str(lake), engine).replace(_TABLE, staged.rows(schema), DATES)
    finally:
        engine.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
