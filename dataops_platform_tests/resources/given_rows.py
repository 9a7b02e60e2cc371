"""This file holds rows as a test gives them to the lake, and what the lake then holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from dataops_platform.core.ports import PartitionFacts
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.delta_rows import delta_rows

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 1, 5) + timedelta(days=n) for n in range(3))
SCHEMA = pa.schema(
    {
        "name": pa.string(),
        "amount": pa.decimal128(18, 2),
        "tags": pa.list_(pa.string()),
        "ingestion_date": pa.date32(),
    }
)
NAME = "silver/payments"


@dataclass
class Given:
    """Rows as a test gives them, streamed two at a time; `all_dates` gives those of other dates as well."""

    table: pa.Table
    all_dates: bool = False
    fails_after: int | None = None
    failure: Exception = field(default_factory=lambda: OSError("the disk is gone, says secret-person"))

    @property
    def schema(self) -> pa.Schema:
        """The columns of the table."""
        return self.table.schema

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """The rows of these dates, or all."""
        wanted = pc.is_in(self.table["ingestion_date"], pa.array(dates, pa.date32()))
        table = self.table if self.all_dates else self.table.filter(wanted)
        return pa.RecordBatchReader.from_batches(self.schema, self._stream(table))

    def _stream(self, table: pa.Table) -> Iterator[pa.RecordBatch]:
        for number, batch in enumerate(table.to_batches(max_chunksize=2)):
            if number == self.fails_after:
                raise self.failure
            yield batch


def rows(*days: date | None, name: str = "secret-person", schema: pa.Schema = SCHEMA, **given: Any) -> Given:
    """A row of each of these dates, for one person."""
    values = [
        {"name": name, "amount": Decimal("1.50"), "tags": ["a"], "ingestion_date": day, "note": "x"}
        for day in days
    ]
    return Given(pa.Table.from_pylist(values, schema), **given)


def state(lake: DeltaLake) -> tuple[int, list[Path], list[str]]:
    """Version, files on disk and rows of the table."""
    folder = Path(lake.url) / NAME
    table = DeltaTable(str(folder))
    return table.version(), sorted(folder.rglob("*.*")), sorted(map(repr, delta_rows(table)))


def raised(lake_url: str, table: str = NAME, /, **protocol: Any) -> None:
    """Another program has committed this protocol to the table."""
    log = Path(lake_url, table, "_delta_log")
    commit = log / f"{len([*log.glob('*.json')]):020d}.json"
    commit.write_text(json.dumps({"protocol": protocol}) + "\n")


def counts(partitions: Mapping[date, PartitionFacts]) -> dict[date, int]:
    """Rows by date."""
    return {day: facts.rows for day, facts in partitions.items()}
