"""This file holds landed rows as bronze keeps them, and a contract to judge them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pandera.pandas as pandera
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from dataops_platform.core.contract import Table, TableContract, Thresholds
from dataops_platform.layers.schemas import bronze_schema

DAY = date(2026, 1, 2)
LANDED_AT = datetime(2026, 1, 2, 12, tzinfo=UTC)
FILE = "s3://landing/readings/a.csv"


def readings(**columns: pandera.Column) -> Table:
    """A table of readings with the key `reading_id` and these columns; any number of duplicates is accepted."""
    contract = TableContract(
        name="readings",
        description="One row for each reading.",
        owner="team:home",
        key=("reading_id",),
        columns={"reading_id": pandera.Column(str, nullable=False), **columns},
        thresholds=Thresholds(max_duplicate_ratio=1),
    )
    return Table(contract, lambda rows: rows)


def bronze(session: SparkSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """The rows as bronze holds them: of one file and date, in this order, unless they say otherwise."""
    told = [
        {
            "reading_id": f"r{position}",
            "_source_object": FILE,
            "_position": position,
            "_ingested_at": LANDED_AT,
            "ingestion_date": DAY,
            **row,
        }
        for position, row in enumerate(rows, 1)
    ]
    return session.createDataFrame(pa.Table.from_pylist(told, bronze_schema(table.contract)))
