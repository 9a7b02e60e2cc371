"""This file holds what every reader makes of a file: rows of text, readable or not, each at its position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
import orjson
import pyarrow as pa

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.unpacked import MOST_IN_MEMORY, spool

#: Characters of an unreadable line that its row keeps.
LONGEST_LINE = 2_000
#: Bytes of one row that are taken into memory; more is no row of a table.
LONGEST_ROW = 64 << 20


@dataclass
class Parsed:
    """The rows of one object; those of a large one are on disk, never whole in memory.

    Attributes:
        contract: whose columns the rows have: as text, with `_rescued`, `_corrupt_record`, `_position` (from 1).
        absent: declared columns that the file does not have at all; known once all its rows are added.
    """

    contract: TableContract
    absent: tuple[str, ...] = ()
    _held: list[pa.Table] = field(default_factory=list)
    _file: IO[bytes] | None = None
    _writer: pa.RecordBatchStreamWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """More of its rows."""
        self._held.append(rows)
        if sum(held.nbytes for held in self._held) > MOST_IN_MEMORY:
            self._put_on_disk()

    def _put_on_disk(self) -> None:
        if self._writer is None:
            self._file = spool()
            self._writer = pa.ipc.new_stream(self._file, self._held[0].schema)
        for rows in self._held:
            self._writer.write_table(rows)
        self._held.clear()

    def clear(self) -> None:
        """Nothing of it is kept."""
        self._held.clear()
        self.absent = ()
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None

    def tables(self) -> Iterator[pa.Table]:
        """All rows, some at a time; to be asked for once."""
        if self._writer is not None and self._file is not None:
            self._writer.close()
            self._file.seek(0)
            with self._file, pa.ipc.open_stream(self._file) as stream:
                for batch in stream:
                    yield pa.Table.from_batches([batch])
        yield from self._held


def rows_of(
    named: Mapping[str, pa.ChunkedArray],
    positions: pa.Array,
    contract: TableContract,
    rescued: pa.Array | None = None,
) -> pa.Table:
    """Readable rows with their columns by name; columns the contract does not know are `_rescued`."""
    count = len(positions)
    columns = {name: named.get(name, pa.nulls(count, pa.string())) for name in contract.columns}
    if rescued is None:
        rescued = _rescued({n: c for n, c in named.items() if n not in contract.columns}, count)
    columns["_rescued"] = rescued
    columns["_corrupt_record"] = pa.nulls(count, pa.string())
    return pa.table({**columns, "_position": positions})


def positions_from(first: int, count: int) -> pa.Array:
    """The positions of rows that follow one another."""
    return pa.array(np.arange(first, first + count, dtype=np.int64))


def _rescued(unknown: Mapping[str, pa.ChunkedArray], count: int) -> pa.Array:
    if not unknown:
        return pa.nulls(count, pa.string())
    columns = [column.to_pylist() for column in unknown.values()]
    dumped = (
        orjson.dumps(dict(zip(unknown, values, strict=True))).decode()
        for values in zip(*columns, strict=True)
    )
    return pa.array(dumped, pa.string())


def corrupt_rows(unreadable: Sequence[tuple[int, str]], contract: TableContract) -> pa.Table:
    """What could not be read: position and reason of each row."""
    count = len(unreadable)
    positions, reasons = zip(*unreadable, strict=True) if unreadable else ((), ())
    return pa.table(
        {
            **{name: pa.nulls(count, pa.string()) for name in (*contract.columns, "_rescued")},
            "_corrupt_record": pa.array(reasons, pa.string()),
            "_position": pa.array(positions, pa.int64()),
        }
    )
