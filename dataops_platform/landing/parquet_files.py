"""This file holds the reading of Parquet: every type becomes the text people would write."""

from __future__ import annotations

from io import BytesIO

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.parsed import Parsed, assembled


def read_parquet(content: bytes, contract: TableContract) -> Parsed:
    """The rows of a Parquet file."""
    table = pq.read_table(BytesIO(content), use_threads=True)
    nulls = pa.array(contract.null_values, pa.string())
    named = {name: _without(nulls, as_text(table.column(name))) for name in dict.fromkeys(table.column_names)}
    return assembled(named, table.num_rows, contract)


def _without(nulls: pa.Array, column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.is_in(column, nulls), None, column) if len(nulls) else column


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any Arrow column as the text people would write: dates in ISO, numbers in shortest form, the rest as JSON."""
    type_ = column.type
    if pa.types.is_dictionary(type_):
        return as_text(column.cast(type_.value_type))
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return column.cast(
            pa.string()
        )  # other writers' text; bytes that are no UTF-8 make the file unreadable
    if pa.types.is_nested(type_):
        dumped = (None if v is None else orjson.dumps(v, default=str).decode() for v in column.to_pylist())
        return pa.chunked_array([pa.array(dumped, pa.string())])
    if pa.types.is_timestamp(type_):
        return _moments(column.cast(pa.timestamp("us", tz=type_.tz), safe=False))
    return column.cast(pa.string())


def _moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Timestamps as text in UTC; a column of nothing but midnights is one of dates."""
    moments = column.cast(pa.timestamp("us"))  # of a zoned column the moment in UTC
    if pc.all(pc.equal(pc.floor_temporal(moments, unit="day"), moments)).as_py():
        return moments.cast(pa.date32()).cast(pa.string())
    return pc.strftime(moments, format="%Y-%m-%d %H:%M:%S")
