"""This room's schemas: the columns of each layer's table with what they hold, derived from its contract.

That is each field's `comment`, as Delta has it: a table that is made of the schema shows it to every engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from dataops_platform.core.contract import TableContract
from dataops_platform.quality.meaning import described

_INGESTION_DATE = ("ingestion_date", pa.date32())
_PROVENANCE = (
    ("_source_object", pa.string()),
    ("_position", pa.int64()),
    ("_ingested_at", pa.timestamp("us", tz="UTC")),
    _INGESTION_DATE,
)


def bronze_schema(contract: TableContract) -> pa.Schema:
    """`bronze/{table}`: the contract's columns as text, and where each row came from."""
    texts = [*contract.columns, "_rescued", "_corrupt_record", "_absent"]
    return _told(contract, [*((name, pa.string()) for name in texts), *_PROVENANCE])


def silver_schema(contract: TableContract) -> pa.Schema:
    """`silver/{table}`: the contract's columns in their types, `year` and `month` of its event date, provenance."""
    derived = [("year", pa.int32()), ("month", pa.int32())] if contract.event_date else []
    return _told(contract, [*_typed(contract), *derived, ("_rescued", pa.string()), *_PROVENANCE])


def quarantine_schema(contract: TableContract) -> pa.Schema:
    """`quarantine/{table}`: the row as it landed, every reason, and the contract that judged it."""
    texts = [*contract.columns, "_rescued", "_corrupt_record"]
    reasons = [("_reasons", pa.list_(pa.string())), ("_contract_version", pa.string())]
    return _told(contract, [*((name, pa.string()) for name in texts), *reasons, *_PROVENANCE])


def gold_schema(contract: TableContract) -> pa.Schema:
    """`gold/{table}`: the contract's columns in their types, by as-of date."""
    return _told(contract, [*_typed(contract), _INGESTION_DATE])


def _typed(contract: TableContract) -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.arrow_type) for field in contract.fields]


def _told(contract: TableContract, columns: Sequence[tuple[str, pa.DataType]]) -> pa.Schema:
    texts = {name: described(name, contract) for name, _ in columns}
    return pa.schema(
        pa.field(name, kind, metadata={"comment": text} if (text := texts[name]) else None)
        for name, kind in columns
    )


@dataclass(frozen=True)
class NoRows:
    """No rows of a schema: what replaces a partition that holds nothing any more."""

    schema: pa.Schema

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """An empty stream."""
        del dates
        return pa.RecordBatchReader.from_batches(self.schema, [])
