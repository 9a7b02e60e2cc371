"""This file holds the reading of Parquet: every type becomes the text people would write."""

from __future__ import annotations

from typing import IO

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.parsed import Parsed, positions_from, rows_of
from dataops_platform.landing.unpacked import MOST_RATIO, MOST_UNPACKED, UNSUSPICIOUS, UnreadableFileError

#: Rows that become text at once.
_ROWS = 64_000
#: Columns of one value shrink to almost nothing, keys do not: no table has more rows than this for each byte.
_MOST_ROWS_A_BYTE, _UNSUSPICIOUS_ROWS = 100, 10_000_000


def read_parquet(content: IO[bytes], parsed: Parsed) -> None:
    """The rows of a Parquet file are in `parsed`."""
    contract, first = parsed.contract, 1
    size = content.seek(0, 2)
    content.seek(0)
    with pq.ParquetFile(content, buffer_size=1 << 20) as file:
        _refuse_bomb(size, file.metadata)
        names = file.schema_arrow.names
        midnights = _columns_of_midnights(file)
        for batch in file.iter_batches(_ROWS):
            table = pa.Table.from_batches([batch])
            named = _named(table, contract, midnights)
            parsed.add(rows_of(named, positions_from(first, table.num_rows), contract))
            first += table.num_rows
    if first > 1:
        parsed.absent = tuple(name for name in contract.columns if name not in names)


def _named(table: pa.Table, contract: TableContract, midnights: set[str]) -> dict[str, pa.ChunkedArray]:
    nulls = pa.array(contract.null_values, pa.string())
    return {
        name: _without(nulls, as_text(table.column(name), is_date=name in midnights))
        for name in dict.fromkeys(table.column_names)
    }


def _refuse_bomb(size: int, facts: pq.FileMetaData) -> None:
    unpacked = sum(facts.row_group(number).total_byte_size for number in range(facts.num_row_groups))
    if unpacked > MOST_UNPACKED or (unpacked > UNSUSPICIOUS and unpacked > MOST_RATIO * size):
        raise UnreadableFileError(
            f"the file unpacks from {size:,} bytes to {unpacked:,}, which no table does"
        )
    if facts.num_rows > _UNSUSPICIOUS_ROWS and facts.num_rows > _MOST_ROWS_A_BYTE * size:
        raise UnreadableFileError(
            f"the file has {facts.num_rows:,} rows in {size:,} bytes, which no table has"
        )


def _columns_of_midnights(file: pq.ParquetFile) -> set[str]:
    """Columns of timestamps that are all midnights: they are meant as dates."""
    moments = {field.name for field in file.schema_arrow if pa.types.is_timestamp(field.type)}
    if moments:
        for batch in file.iter_batches(_ROWS, columns=sorted(moments)):
            moments = {name for name in moments if _are_midnights(batch.column(name))}
    return moments


def _are_midnights(column: pa.Array) -> bool:
    moments = _utc(column)
    return pc.all(pc.equal(pc.floor_temporal(moments, unit="day"), moments)).as_py() is not False


def _utc(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Timestamps to the microsecond; of a zoned column the moment in UTC."""
    return column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).cast(pa.timestamp("us"))


def _without(nulls: pa.Array, column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.is_in(column, nulls), None, column) if len(nulls) else column


def as_text(column: pa.ChunkedArray, *, is_date: bool = False) -> pa.ChunkedArray:
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
        moments = _utc(column)
        if is_date:
            return moments.cast(pa.date32()).cast(pa.string())
        return pc.strftime(moments, format="%Y-%m-%d %H:%M:%S")
    return column.cast(pa.string())
