"""The main workload at several sizes on the embedded engine: how time and memory grow with the rows."""

import os
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import platform_run
from benchmarks.measure import Variant, in_turn, one_run
from benchmarks.results import RESULTS, record_costs
from benchmarks.workload import INGESTION_DATE, ROWS_PER_FILE, Size, landing_area

#: What customers do, each with its key.
_ACTIVITY = {"transactions": "transaction_id", "web_events": "event_id", "support_tickets": "ticket_id"}


class Load(NamedTuple):
    """Some ingestion dates, each of so many times the full workload."""

    times: float
    dates: int

    @property
    def transactions(self) -> int:
        """Rows that land in the table of transactions, on all dates; of events it is half as many again."""
        return Size.of(self.times).transactions * self.dates


#: 2, 20 and 60 million transactions; the last as three dates, as their making takes memory too.
LOADS = (Load(1, 1), Load(10, 1), Load(10, 3))


def run(cache: Path, *, rounds: int, rows: float) -> Path:
    """Each load ran `rounds` times in turn; it is recorded."""
    one_run(_platform(cache, Load(0.01, 1)), cache / "warm-up" / "scaling")
    loads = [Load(load.times * rows, load.dates) for load in LOADS]
    compared = [_platform(cache, load) for load in loads]
    costs = in_turn(compared, rounds=rounds, folder=cache / "runs")
    file = RESULTS / "scaling.json" if rows == 1 else cache / f"scaling-rows-{rows:g}.json"
    names = (variant.name for variant in compared)
    told = {name: load.transactions for name, load in zip(names, loads, strict=True)}
    record_costs(file, costs, reference=compared[0].name, of=told)
    return file


def _platform(cache: Path, load: Load) -> Variant:
    landing = _landing(cache, load)
    return Variant(
        f"transactions-{load.transactions}",
        lambda _lake: platform_run.command(),
        environment=lambda lake: platform_run.environment(
            landing=str(landing), lake=str(lake), first_date=INGESTION_DATE
        ),
    )


def _landing(cache: Path, load: Load) -> Path:
    """Customers and products land again on each date, as full deliveries; what customers do is new on each."""
    one = landing_area(cache, rows=load.times)
    if load.dates == 1:
        return one
    landing = one.with_name(f"{one.name}-dates-{load.dates}")
    if landing.exists():
        return landing
    unfinished = landing.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for number in range(load.dates):
        day = date.fromisoformat(INGESTION_DATE) + timedelta(days=number)
        for file in one.glob(f"*/dt={INGESTION_DATE}/*"):
            table = file.parent.parent.name
            place = unfinished / table / f"dt={day}" / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            _land(file, place, _ACTIVITY.get(table), number)
    unfinished.rename(landing)
    return landing


def _land(file: Path, place: Path, key: str | None, number: int) -> None:
    """The file is at the place too; values of `key` begin with the number of the date there."""
    if key is None or number == 0:
        os.link(file, place)
        return
    rows = pq.read_table(file)
    column = rows.column_names.index(key)
    keys = pc.binary_join_element_wise(str(number), rows[key], "-")
    pq.write_table(rows.set_column(column, key, keys), place, row_group_size=ROWS_PER_FILE // 4)
