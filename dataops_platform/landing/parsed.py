"""This file holds what every reader makes of a file: rows of text, readable or not, each at its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from dataops_platform.core.contract import TableContract

#: Characters of an unreadable line that its row keeps.
LONGEST_LINE = 2_000


@dataclass(frozen=True)
class Parsed:
    """The rows of one object.

    Attributes:
        rows: declared columns as text, `_rescued`, `_corrupt_record`, `_position` (from 1).
        absent: declared columns that the file does not have at all.
    """

    rows: pa.Table
    absent: tuple[str, ...]


def assembled(
    named: Mapping[str, pa.ChunkedArray],
    count: int,
    contract: TableContract,
    *,
    broken: Sequence[tuple[int, str]] = (),
) -> Parsed:
    """Readable rows with their columns by name, and the unreadable ones, all at their positions."""
    declared = list(contract.columns)
    columns = {name: named.get(name, pa.nulls(count, pa.string())) for name in declared}
    columns["_rescued"] = _rescued({n: c for n, c in named.items() if n not in contract.columns}, count)
    columns["_corrupt_record"] = pa.nulls(count, pa.string())
    taken = np.array([position - 1 for position, _ in broken], dtype=np.int64)
    positions = np.delete(np.arange(1, count + len(taken) + 1), taken)
    rows = pa.table({**columns, "_position": pa.array(positions, pa.int64())})
    if broken:
        rows = pa.concat_tables([rows, _corrupt_rows(broken, contract)])
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


def unreadable(reason: str, contract: TableContract) -> Parsed:
    """A file that cannot be read at all: one row that says why."""
    return Parsed(_corrupt_rows([(1, reason)], contract), ())
