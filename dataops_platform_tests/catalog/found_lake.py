"""This file holds a lake that others wrote: Delta tables in a folder or on an S3 server, and what a crawl says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandera.pandas as pandera
import pyarrow as pa
from deltalake import write_deltalake

from dataops_platform.catalog.crawl import crawl
from dataops_platform.catalog.entry import Entry
from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.ports import ObjectStore
from dataops_platform.resources.inventory import DeltaInventory

NOW = datetime(2026, 1, 9, 3, tzinfo=UTC)
ADDRESS = "ada@private.example"


def people(**told: Any) -> Table:
    """A declared table: `city` is public, `email` is not."""
    contract = TableContract(
        **{
            "name": "people",
            "description": "One row for each person.",
            "owner": "team:people",
            "key": ("person_id",),
            "public": ("city", "joined"),
            "event_date": "joined",
            "columns": {
                "person_id": pandera.Column(str, nullable=False, description="Who."),
                "email": pandera.Column(str, nullable=True, description="Where to write to."),
                "city": pandera.Column(
                    str, pandera.Check.isin(["Rome", "Oslo"]), nullable=True, description="Where."
                ),
                "joined": pandera.Column("date", nullable=True, description="Since when."),
            },
            **told,
        }
    )
    return Table(contract, function=lambda rows: rows)


def day(number: int) -> date:
    """The ingestion date of that day in January."""
    return date(2026, 1, number)


def rows(*numbers: int, **columns: Sequence[Any]) -> pa.Table:
    """A row for each day, of the columns of `people`; `columns` replace or add some."""
    count = len(numbers)
    told = {
        "person_id": [f"p{number}" for number in range(count)],
        "email": [ADDRESS] * count,
        "city": ["Rome"] * count,
        "joined": [day(1)] * count,
        "year": [2026] * count,
        "_source_object": [f"people/{ADDRESS}.csv"] * count,
        "_rescued": [ADDRESS] * count,
        **columns,
    }
    return pa.table({**told, "ingestion_date": pa.array(map(day, numbers), pa.date32())})


@dataclass
class FoundLake:
    """A lake with whatever a test writes into it."""

    url: str
    store: ObjectStore

    @property
    def inventory(self) -> DeltaInventory:
        """The lake as the crawler sees it."""
        return DeltaInventory(self.url, self.store)

    def write(self, table: str, given: pa.Table, **options: Any) -> None:
        """Rows are appended to a table that is partitioned by ingestion date."""
        partitions = ["ingestion_date"] if "ingestion_date" in given.column_names else None
        write_deltalake(
            f"{self.url}/{table}", given, **{"mode": "append", "partition_by": partitions, **options}
        )

    def document(self, *tables: Table) -> dict[str, Any]:
        """What a crawl says."""
        return crawl(self.inventory, tables, now=NOW)

    def entry(self, name: str, *tables: Table) -> Entry:
        """What a crawl says of one table."""
        return next(entry for entry in self.document(*tables)["tables"] if entry["table"] == name)
