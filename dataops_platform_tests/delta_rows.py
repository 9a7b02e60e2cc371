"""Rows of a published Delta table, read without any code of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

if TYPE_CHECKING:
    from datetime import date


def delta_rows(table: DeltaTable, *columns: str, of: date | None = None) -> list[dict[str, Any]]:
    """These columns (all where none is named) of one ingestion date's rows, or of every date's.

    Not through a pyarrow dataset: its threads call back into Python, and abort a process that is ending.
    """
    chosen = ", ".join(f'"{column}"' for column in columns) or "*"
    dates = f" WHERE ingestion_date = DATE '{of}'" if of else ""
    query = f"SELECT {chosen} FROM rows{dates}"  # noqa: S608  # the test's own names
    found: list[dict[str, Any]] = pa.table(
        QueryBuilder().register("rows", table).execute(query).read_all()
    ).to_pylist()
    return found
