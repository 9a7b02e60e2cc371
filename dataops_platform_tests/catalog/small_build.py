"""What a small build is: a computation of two small tables, and what each of its columns comes from, by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame

from dataops_platform.core.lineage import Given

ORDERS = pa.schema({"id": pa.int64(), "who": pa.int64(), "x": pa.int64(), "y": pa.int64(), "s": pa.string()})
PEOPLE = pa.schema({"who": pa.int64(), "z": pa.int64(), "t": pa.string()})
_SPELT = {"int64": "bigint", "string": "string"}
GIVEN = {
    "silver/orders": Given({one.name: _SPELT[str(one.type)] for one in ORDERS}, ("id",)),
    "silver/people": Given({one.name: _SPELT[str(one.type)] for one in PEOPLE}),
}


@dataclass(frozen=True)
class Build:
    """A computation, and its lineage in short: `o.x` is `silver/orders.x`, `p.z` is `silver/people.z`.

    Attributes:
        columns: of each column what its values are made of, and what only chooses among them.
        rows: what decides which rows there are.
        runs: whether the embedded engine has what it does.
    """

    name: str
    make: Callable[[DataFrame, DataFrame], DataFrame]
    columns: dict[str, tuple[str, str]]
    rows: str
    runs: bool


def build(
    name: str,
    make: Callable[[DataFrame, DataFrame], DataFrame],
    /,
    rows: str = "",
    *,
    runs: bool = True,
    **columns: str | tuple[str, str],
) -> Build:
    """A build; of a column that nothing chooses the one text tells what it is made of."""
    told = {key: (one, "") if isinstance(one, str) else one for key, one in columns.items()}
    return Build(name, make, told, rows, runs)
