"""This file holds a contract of shops, and what the readers make of a file of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.parquet as pq

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.parsed import corrupt_rows
from dataops_platform.landing.readers import parse
from dataops_platform.landing.unpacked import spool

CSV = b"id,city\n1,Rio\n2,Bahia\n"


def contract(**changes: Any) -> TableContract:
    """Shops with an id and a city; some promises changed."""
    columns = {"id": pandera.Column(str, nullable=False), "city": pandera.Column(str, nullable=True)}
    promises: dict[str, Any] = {
        "name": "shops",
        "description": "",
        "owner": "team:sales",
        "key": ("id",),
        "columns": columns,
    }
    return TableContract(**{**promises, **changes})


@dataclass(frozen=True)
class Whole:
    """What was read of a file, all at once."""

    rows: pa.Table
    absent: tuple[str, ...]


def parsed(body: bytes, **changes: Any) -> Whole:
    """Every row of a file, readable or not."""
    with spool() as file:  # what bronze reads from
        file.write(body)
        file.seek(0)
        found = parse(file, contract(**changes))
    return Whole(pa.concat_tables([corrupt_rows([], found.contract), *found.tables()]), found.absent)


def rows(body: bytes, *columns: str, **changes: Any) -> list[tuple[Any, ...]]:
    """The readable rows in order of position: these columns of them, or id and city."""
    found = sorted(parsed(body, **changes).rows.to_pylist(), key=lambda row: row["_position"])
    names = columns or ("id", "city")
    return [tuple(row[name] for name in names) for row in found if row["_corrupt_record"] is None]


def unreadable(body: bytes, **changes: Any) -> list[tuple[int, str]]:
    """Position and reason of each row that could not be read."""
    found = parsed(body, **changes).rows.to_pylist()
    return [(row["_position"], row["_corrupt_record"]) for row in found if row["_corrupt_record"] is not None]


def parquet(**columns: Any) -> bytes:
    """A parquet file of these columns."""
    sink = BytesIO()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())
