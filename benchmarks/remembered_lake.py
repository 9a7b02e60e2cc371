"""A lake of many tables and days as the report finds it: journal, metrics and incidents, and no row of data."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandera.pandas as pandera

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.measurement import Measurement
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Entry
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.observability import incidents, metrics
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.observability.signs import Sign
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.lake import DeltaLake

LAST = date(2026, 6, 30)
_SEED = 2026
_COLUMNS = ("customer", "city", "amount", "paid_by", "note")
_BROKEN = ("amount_is_valid", "customer_is_present", "key_is_unique")
_HISTORY = 60


def platform(folder: Path, *, tables: int, days: int) -> Platform:
    """A platform whose tables were judged on each of `days` days up to LAST, and 60 days before them."""
    lake = DeltaLake(str(folder), EmbeddedEngine())
    journal = DeltaJournal(lake)
    declared = tuple(_table(number) for number in range(tables))
    chance = np.random.default_rng(_SEED)
    for table in declared:
        found = list(_judged(table, days + _HISTORY, chance))
        metrics.record(lake, [one for _, measured in found for one in measured])
        journal.record([entry for entries, _ in found for entry in entries])
    now = datetime.combine(LAST + timedelta(days=1), time(), UTC)
    refused = [_sign(table, now) for table in declared[::10]]
    incidents.record(lake, incidents.advanced([], refused, {}, now))
    store = FolderStore(folder)
    return Platform(declared, EmbeddedEngine(), lake, store, store, journal, date(2026, 1, 1))


def _table(number: int) -> Table:
    columns = {"key": pandera.Column(str, nullable=False)}
    columns |= {name: pandera.Column(str, nullable=True) for name in _COLUMNS}
    contract = TableContract(
        name=f"table_{number:03}",
        description="One row for each thing that happened in a part of the shop.",
        owner=f"team:part_{number % 12}",
        columns=columns,
        key=("key",),
    )
    return Table(contract, lambda rows: rows)


def _judged(
    table: Table, days: int, chance: np.random.Generator
) -> Iterator[tuple[list[Entry], list[Measurement]]]:
    """Each day's journal entries and numbers: some days are missing, refused or strange, most hold back some rows."""
    level = float(chance.integers(200, 50_000))
    for ago in range(days - 1, -1, -1):
        day = LAST - timedelta(days=ago)
        rows = round(level * chance.normal(1, 0.05) * (0.4 if chance.random() < 0.01 else 1))
        if chance.random() < 0.02:
            continue
        is_refused = chance.random() < 0.02
        held = rows if is_refused else int(chance.integers(0, 20))
        at = datetime.combine(day + timedelta(days=1), time(2), UTC)
        message = f"{table.name} of {day} was refused: key_is_unique." if is_refused else ""
        landed, judged = (
            Entry(
                table.name,
                layer,
                day,
                "x",
                "v1",
                layer == "bronze" or not is_refused,
                rows,
                held,
                message,
                "r",
                at,
            )
            for layer in ("bronze", "silver")
        )
        numbers = {
            "row_count": float(rows),
            "quarantined": float(held),
            "duplicate_pct": float(chance.random() < 0.2),
            "error_count": float(held),
            "files": 1.0,
            "bytes": rows * 40.0,
            **{f"{name}_null_pct": max(0.0, chance.normal(2, 1)) for name in _COLUMNS},
            **{f"{check}_failed": float(held) for check in _BROKEN if held},
        }
        measured = metrics.measurements(table.name, "silver", {day: numbers}, run_id="r", seconds=1.0)
        yield [landed, judged], measured


def _sign(table: Table, now: datetime) -> Sign:
    told = f"{table.name} of {LAST} was refused: 1 key occurs more than once in 400 rows."
    return Sign("refused", table.name, (LAST,), told, "The source changed what it writes.", now)
