"""This file holds made-up landing files: records, what is wrong with them, and the bytes they land as."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

Row = dict[str, str | None]
Kind = Literal[
    "null",
    "duplicate",
    "bad_amount",
    "bad_date",
    "ragged_line",
    "late_file",
    "overwritten_file",
    "refused_partition",
]


@dataclass(frozen=True)
class Record:
    """One row of a landing file.

    Attributes:
        values: text by column; None is a null.
        kind: the planted defect, if the row has one.
        check: the check that this defect breaks.
        line: how the row is written where that is not what its values say.
        has_twin: whether a copy of it was planted, so that no other defect may hit it.
    """

    values: Mapping[str, str | None]
    kind: Kind | None = None
    check: str | None = None
    line: str | None = None
    has_twin: bool = False

    @property
    def is_untouched(self) -> bool:
        """Whether a defect may still be planted here: no row carries two."""
        return self.kind is None and not self.has_twin

    def changed(self, column: str, value: str | None, kind: Kind) -> Record:
        """The record with a null or an unusable value in one column."""
        check = f"{column}_is_present" if value is None else f"{column}_is_valid"
        return replace(self, values={**self.values, column: value}, kind=kind, check=check)


@dataclass(frozen=True)
class LandingFile:
    """One version of one landing file; the end of its name decides its format.

    Attributes:
        wave: 1 lands first, 2 after everything of wave 1 was processed.
    """

    table: str
    day: date
    name: str
    records: tuple[Record, ...]
    wave: int = 1

    @property
    def key(self) -> str:
        """Where it lands in the intake bucket."""
        return f"{self.table}/dt={self.day}/{self.name}"

    def body(self) -> bytes:
        """Its bytes: the same whenever they are made."""
        if self.name.endswith(".parquet"):
            return _parquet(self.records)
        text = _csv(self.records) if ".csv" in self.name else _jsonl(self.records)
        # Without the fixed time gzip writes the clock into its header.
        return gzip.compress(text.encode(), mtime=0) if self.name.endswith(".gz") else text.encode()


def csv_line(values: Sequence[str | None]) -> str:
    """One line of a CSV file, quoted where need be; a null is an empty field."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def json_line(values: Mapping[str, str | None]) -> str:
    """One line of a JSON lines file."""
    return json.dumps(values, ensure_ascii=False)


def _csv(records: Sequence[Record]) -> str:
    header = csv_line(list(records[0].values))
    return "".join(
        f"{line}\n" for line in (header, *(r.line or csv_line(list(r.values.values())) for r in records))
    )


def _jsonl(records: Sequence[Record]) -> str:
    return "".join(f"{record.line or json_line(record.values)}\n" for record in records)


def _parquet(records: Sequence[Record]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: [record.values[name] for record in records] for name in records[0].values}
    prices = pa.array([price and Decimal(price) for price in columns.pop("price")], pa.decimal128(18, 2))
    table = pa.table(
        {name: pa.array(texts, pa.string()) for name, texts in columns.items()} | {"price": prices}
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
