"""This file holds generated tables and what lands in them: files of several dates, some of them spoilt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandera.pandas as pandera
from hypothesis import strategies as st

from dataops_platform.core.contract import (
    ContractColumn,
    Date,
    Money,
    Table,
    TableContract,
    Thresholds,
    Timestamp,
)
from dataops_platform_tests.quality.oracle_contracts import KINDS, NO_VALUES
from dataops_platform_tests.quality.plain_values import keeps, value_of

Row = Mapping[str, Any]
_DATES = tuple(date(2026, 1, number) for number in range(2, 6))


@dataclass(frozen=True)
class GeneratedTable:
    """A table, and for each of its columns texts that may land in it."""

    table: Table
    texts: Mapping[str, Sequence[str | None]]

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: FBT001  # hypothesis asks for it
        printer.text(f"a table with the key {self.table.contract.key}")  # whole, it fills pages


@dataclass(frozen=True)
class Landing:
    """Rows of a table as bronze holds them, of some of these dates."""

    table: Table
    rows: Sequence[Row]
    dates: Sequence[date]

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: FBT001  # hypothesis asks for it
        printer.text(f"{len(self.rows)} rows of a table with the key {self.table.contract.key}")


#: Columns of keys, and how many ways there are to write the n-th value.
_KEYS = {
    "key_word": (str, ["k{n}", " k{n}", "k{n}  "]),
    "key_number": (int, ["{n}", "+{n}", "00{n}"]),
    "key_money": (Money, ["{n}", "{n}.0", "0{n}.00"]),
    "key_ratio": (float, ["{n}", "{n}.0", "{n}e0", "-{n}"]),
    "key_day": (Date, ["{day}", " {day}"]),
    "key_moment": (Timestamp, ["{day}", "{day}T00:00:00Z", "{day} 02:00:00+02:00"]),
}


@st.composite
def tables(draw: st.DrawFn) -> GeneratedTable:
    """A table with a column of each kind beside its key, and in each column every hostile text and some sound ones."""
    # Numbers that are equal and not the same, 0.0 and -0.0, are what engines go wrong about: so those come more often.
    names = st.sampled_from([*_KEYS, "key_ratio", "key_ratio"])
    key = draw(st.lists(names, min_size=1, max_size=2, unique=True))
    kinds = {name: draw(kind) for name, kind in KINDS.items()}
    columns = {name: pandera.Column(_KEYS[name][0], nullable=False) for name in key}
    for name, kind in kinds.items():
        checks = draw(st.lists(kind.checks, min_size=1, max_size=3))
        columns[name] = pandera.Column(kind.declared, checks, nullable=draw(st.booleans()))
    contract = TableContract(
        name="readings",
        description="One row for each reading.",
        owner="team:home",
        key=tuple(key),
        columns=columns,
        formats={name: kind.format for name, kind in kinds.items() if kind.format},
        event_date=draw(st.sampled_from([None, "day", "moment"])),
    )
    texts = {
        name: [None, *NO_VALUES, *kind.hostile, *draw(st.lists(kind.ordinary, min_size=8, max_size=8))]
        for name, kind in kinds.items()
    }
    return GeneratedTable(Table(contract, lambda rows: rows), texts)


#: What is the matter with a row: mostly nothing.
_FATES = st.sampled_from(["sound"] * 6 + ["any"] * 4 + ["unreadable", "no key"])
#: What is the matter with a file: mostly nothing; or a column is not there, is null, or holds nothing that converts.
_MISHAPS = st.sampled_from(["none"] * 7 + ["absent", "null", "ruined", "ruined"])
_LINES = st.tuples(_FATES, st.integers(0, 10_000), st.integers(0, 99))


@st.composite
def landings(draw: st.DrawFn) -> Landing:
    """Files of four dates, the last of which may have none; rows share keys, now and then written in another way."""
    generated = _keepable(draw(tables()))
    sound = {field.name: _sound(field, generated) for field in generated.table.contract.fields}
    rows: list[dict[str, Any]] = []
    for day in _DATES:
        keys = draw(st.sampled_from([60, 10_000, 3]))
        for number in range(draw(st.integers(0 if day == _DATES[-1] else 1, 3))):
            mishap = draw(_MISHAPS), draw(st.sampled_from(list(generated.table.contract.columns)))
            file = {
                "_source_object": f"s3://landing/readings/dt={day}/{number}.csv",
                "_ingested_at": datetime(2026, 1, 9, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 1))),
                "_absent": mishap[1] if mishap[0] == "absent" else None,
                "ingestion_date": day,
            }
            for position, (fate, key, nth) in enumerate(draw(st.lists(_LINES, min_size=6, max_size=16)), 1):
                row = _row(generated, sound, fate, key % keys, nth)
                rows.append({**_spoilt(row, *mishap), **file, "_position": position})
    contract = replace(generated.table.contract, thresholds=draw(_thresholds(generated.table.contract, rows)))
    return Landing(replace(generated.table, contract=contract), rows, _DATES)


@st.composite
def _thresholds(draw: st.DrawFn, contract: TableContract, rows: Sequence[Row]) -> Thresholds:
    """How much may be wrong: often exactly as much as is wrong with one of the dates."""
    day = draw(st.sampled_from(_DATES[:-1]))
    readable = [r for r in rows if r["ingestion_date"] == day and r["_corrupt_record"] is None]
    nulls = max(sum(row[column] is None for row in readable) for column in contract.critical)
    share = nulls / len(readable) if readable else 0.0
    return Thresholds(
        max_null_ratio=draw(st.sampled_from([share, 0.1, 1.0])),
        null_ratio_needs_rows=draw(st.sampled_from([0, len(readable), 100])),
        max_duplicate_ratio=draw(st.sampled_from([0.5, 0.1, 0.05, 1.0])),
    )


def _keepable(generated: GeneratedTable) -> GeneratedTable:
    """The same table without checks that no text keeps with those before them, for which nothing would be published."""
    contract = generated.table.contract
    columns = dict(contract.columns)
    for field in contract.fields:
        values = [value_of(field, text) for text in generated.texts.get(field.name, ())]
        left: list[Any] = [value for value in values if value is not None]
        checks: list[pandera.Check] = []
        for check in field.checks:
            keeping = [value for value in left if keeps(value, check)]
            if keeping:
                left, checks = keeping, [*checks, check]
        columns[field.name] = pandera.Column(
            columns[field.name].dtype, checks, nullable=not field.is_critical
        )
    table = Table(replace(contract, columns=columns), generated.table.function)
    return GeneratedTable(table, generated.texts)


def _sound(field: ContractColumn, generated: GeneratedTable) -> Sequence[str]:
    """The texts of a column that convert and keep its checks."""
    values = {text: value_of(field, text) for text in generated.texts.get(field.name, ())}
    return [
        text
        for text, value in values.items()
        if text is not None and value is not None and all(keeps(value, check) for check in field.checks)
    ]


def _row(
    generated: GeneratedTable, sound: Mapping[str, Sequence[str]], fate: str, key: int, nth: int
) -> dict[str, Any]:
    """The columns of one line: sound, of any text now and then, or unreadable."""
    contract = generated.table.contract
    row: dict[str, Any] = {**dict.fromkeys(contract.columns), "_corrupt_record": None, "_rescued": None}
    if fate == "unreadable":
        return {**row, "_corrupt_record": "line has 3 fields, the header 4"}
    for place, name in enumerate(contract.columns):
        texts: Sequence[str | None]
        if name not in contract.key:
            texts = generated.texts[name] if fate == "any" and (nth + place) % 3 == 0 else sound[name]
        elif fate == "no key":
            texts = [None]
        else:
            texts = [
                text.format(n=key, day=date(2026, 1, 1) + timedelta(days=key)) for text in _KEYS[name][1]
            ]
        row[name] = texts[(nth * (place + 1) + place) % len(texts)]
    return {**row, "_rescued": '{"more":"1"}' if nth == 7 else None}


def _spoilt(row: dict[str, Any], mishap: str, column: str) -> dict[str, Any]:
    if mishap == "none" or row["_corrupt_record"] is not None:
        return row
    return {**row, column: "no such thing" if mishap == "ruined" else None}
