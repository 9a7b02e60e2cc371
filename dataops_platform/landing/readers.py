"""This room's readers: raw bytes → rows of text, one behaviour on every engine.

Spark's readers differ by engine and lose rows in silence (ragged lines, reordered headers, files named `.csv` that
are gzip). These bind columns by name, sniff compression and format by content, and turn what cannot be read into a
row that says so, beside its sound neighbours.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import zstandard

from dataops_platform.core.contract import TableContract

_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_MAX_LINE = 2_000
_LONG_NUMBER = re.compile(r"\d[\d.]{15,}")


@dataclass(frozen=True)
class Parsed:
    """The rows of one object.

    Attributes:
        rows: declared columns as text, `_rescued`, `_corrupt_record`, `_position` (from 1).
        absent: declared columns that the file does not have at all.
    """

    rows: pa.Table
    absent: tuple[str, ...]


def parse(body: bytes, contract: TableContract) -> Parsed:
    """The rows of an object; what cannot be read becomes a row whose `_corrupt_record` says why."""
    try:
        content = _decompressed(body)
        if not content.strip():
            return _unreadable("the file is empty", contract)
        if content.startswith(_PARQUET):
            return _parquet(content, contract)
        text = content.decode(contract.encoding).removeprefix("\ufeff")
        if text.lstrip()[:1] in {"{", "["}:
            return _json(text, contract)
        return _csv(text, contract)
    except UnicodeDecodeError as error:
        return _unreadable(f"the file is not {contract.encoding} (byte {error.start})", contract)
    except (pa.ArrowException, OSError, EOFError, zstandard.ZstdError) as error:
        return _unreadable(f"the file is damaged or cut off ({type(error).__name__})", contract)


def _decompressed(body: bytes) -> bytes:
    if body.startswith(_GZIP):
        return gzip.decompress(body)
    if body.startswith(_ZSTD):
        return b"".join(_zstd_frames(body))
    return body


def _zstd_frames(body: bytes) -> Iterator[bytes]:
    """Each frame's content; a stream reader would hand out the start of one that is cut off without a word."""
    while body:
        frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(body)
        if not frame.eof:
            raise EOFError
        body = frame.unused_data


def _parquet(content: bytes, contract: TableContract) -> Parsed:
    table = pq.read_table(BytesIO(content), use_threads=True)
    nulls = pa.array(contract.null_values, pa.string())
    named = {name: _without(nulls, as_text(table.column(name))) for name in dict.fromkeys(table.column_names)}
    return _assembled(named, table.num_rows, contract)


def _without(nulls: pa.Array, column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.is_in(column, nulls), None, column) if len(nulls) else column


def _csv(text: str, contract: TableContract) -> Parsed:
    text = text.lstrip("\r\n")
    if text.count('"') % 2 == 0:
        return _csv_rows(text, contract)
    # An unclosed quote would swallow every row after it: then each line stands for itself.
    lines = text.splitlines()
    unclosed = [number for number, line in enumerate(lines) if line.count('"') % 2]
    if 0 in unclosed:
        return _unreadable("the header has an unclosed quote", contract)
    kept = [line for line in lines if line.count('"') % 2 == 0]
    broken = [(number, f"line has an unclosed quote: {lines[number][:_MAX_LINE]}") for number in unclosed]
    return _csv_rows("\n".join(kept), contract, broken)


def _csv_rows(text: str, contract: TableContract, broken: Sequence[tuple[int, str]] = ()) -> Parsed:
    """The rows of well-quoted text; `broken` are lines that were taken out of it, by position."""
    header = _unique(next(csv.reader(StringIO(text))))
    ragged: list[tuple[int, str]] = []

    def keep(row: pa_csv.InvalidRow) -> str:
        reason = (
            f"line has {row.actual_columns} fields, the header {row.expected_columns}: {row.text[:_MAX_LINE]}"
        )
        ragged.append((row.number or 0, reason))
        return "skip"

    if not text.partition("\n")[2]:
        return _assembled(
            {name: pa.chunked_array([], pa.string()) for name in header}, 0, contract, unreadable=broken
        )
    table = pa_csv.read_csv(
        BytesIO(text.encode()),
        read_options=pa_csv.ReadOptions(use_threads=False, column_names=header, skip_rows_after_names=1),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=keep),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=["", *contract.null_values],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    named = {name: table.column(name) for name in header}
    taken = {position for position, _ in broken}
    present = (
        [p for p in range(1, table.num_rows + len(ragged) + len(taken) + 1) if p not in taken]
        if ragged
        else []
    )
    # pyarrow counts the header as row 1.
    unreadable = [*broken, *((present[number - 2], reason) for number, reason in ragged)]
    return _assembled(named, table.num_rows, contract, unreadable=unreadable)


def _unique(header: Sequence[str]) -> list[str]:
    """The header's names; a repeated one carries its number, so that the contract knows the first and none is lost."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _json(text: str, contract: TableContract) -> Parsed:
    unreadable: list[tuple[int, str]] = []
    records: list[Mapping[str, Any]] = []
    for position, (found, raw) in enumerate(_json_records(text), 1):
        if isinstance(found, dict):
            records.append(found)
        else:
            unreadable.append((position, f"line is no JSON object: {raw[:_MAX_LINE]}"))
    names = dict.fromkeys(name for record in records for name in record)
    nulls = set(contract.null_values)
    named = {name: pa.chunked_array([_texts((r.get(name) for r in records), nulls)]) for name in names}
    return _assembled(named, len(records), contract, unreadable=unreadable)


def _json_records(text: str) -> Iterable[tuple[Any, str]]:
    if text.lstrip().startswith("["):
        try:
            for found in _loaded(text):
                yield found, str(type(found).__name__)
        except ValueError:
            yield None, "the array is cut off or malformed"
        return
    for line in text.split("\n"):
        if line.strip():
            try:
                yield _loaded(line), line
            except ValueError:
                yield None, line


def _loaded(text: str) -> Any:
    """The value of a JSON text; numbers too long for a double keep every digit."""
    if _LONG_NUMBER.search(text) is None:
        return orjson.loads(text)
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _texts(values: Iterable[Any], nulls: set[str]) -> pa.Array:
    texts = (v if v is None or isinstance(v, str) else _json_text(v) for v in values)
    return pa.array((None if text in nulls else text for text in texts), pa.string())


def _json_text(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else orjson.dumps(value, default=str).decode()


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


def _assembled(
    named: Mapping[str, pa.ChunkedArray],
    count: int,
    contract: TableContract,
    *,
    unreadable: Sequence[tuple[int, str]] = (),
) -> Parsed:
    """Readable rows with their columns by name, and the unreadable ones, all at their positions."""
    declared = list(contract.columns)
    columns = {name: named.get(name, pa.nulls(count, pa.string())) for name in declared}
    columns["_rescued"] = _rescued({n: c for n, c in named.items() if n not in contract.columns}, count)
    columns["_corrupt_record"] = pa.nulls(count, pa.string())
    taken = np.array([position - 1 for position, _ in unreadable], dtype=np.int64)
    positions = np.delete(np.arange(1, count + len(taken) + 1), taken)
    rows = pa.table({**columns, "_position": pa.array(positions, pa.int64())})
    if unreadable:
        rows = pa.concat_tables([rows, _corrupt_rows(unreadable, contract)])
    absent = tuple(name for name in declared if name not in named) if count else ()
    return Parsed(rows, absent)


def _rescued(unknown: Mapping[str, pa.ChunkedArray], count: int) -> pa.Array:
    if not unknown:
        return pa.nulls(count, pa.string())
    columns = [column.to_pylist() for column in unknown.values()]
    dumped = (
        orjson.dumps(dict(zip(unknown, values, strict=True))).decode()
        for values in zip(*columns, strict=True)
    )
    return pa.array(dumped, pa.string())


def _corrupt_rows(unreadable: Sequence[tuple[int, str]], contract: TableContract) -> pa.Table:
    count = len(unreadable)
    empty = {name: pa.nulls(count, pa.string()) for name in (*contract.columns, "_rescued")}
    positions, reasons = zip(*unreadable, strict=True)
    return pa.table(
        {
            **empty,
            "_corrupt_record": pa.array(reasons, pa.string()),
            "_position": pa.array(positions, pa.int64()),
        }
    )


def _unreadable(reason: str, contract: TableContract) -> Parsed:
    return Parsed(_corrupt_rows([(1, reason)], contract), ())
