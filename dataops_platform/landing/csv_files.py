"""This file holds the reading of CSV: bound by header name; a line that fits no row stands for itself."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from io import BytesIO, StringIO

import pyarrow as pa
import pyarrow.csv as pa_csv

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.parsed import LONGEST_LINE, Parsed, assembled, unreadable

#: Bytes that are parsed at once.
_BLOCK = 1 << 20


def read_csv(text: str, contract: TableContract) -> Parsed:
    """The rows of a CSV text whose first line names its columns."""
    text = text.lstrip("\r\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    if not _has_unclosed_quote(text):
        return _csv_rows(text, contract)
    # It would swallow every row after it: so each line stands for itself.
    lines = [line for line in text.split("\n") if line.strip("\r")]
    unclosed = [number for number, line in enumerate(lines) if line.count('"') % 2]
    if 0 in unclosed:
        return unreadable("the header has an unclosed quote", contract)
    kept = [line for line in lines if line.count('"') % 2 == 0]
    broken = [(number, f"line has an unclosed quote: {lines[number][:LONGEST_LINE]}") for number in unclosed]
    return _csv_rows("\n".join(kept), contract, broken)


def _has_unclosed_quote(text: str) -> bool:
    if text.count('"') % 2 == 0:
        return False
    try:
        for _ in csv.reader(StringIO(text, newline=""), strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False  # a lone quote within a field, such as an inch mark


def _csv_rows(text: str, contract: TableContract, broken: Sequence[tuple[int, str]] = ()) -> Parsed:
    """The rows of well-quoted text; `broken` are lines that were taken out of it, by position."""
    header = _unique(next(csv.reader(StringIO(text, newline=""))))
    ragged: list[tuple[int, str]] = []

    def keep(row: pa_csv.InvalidRow) -> str:
        reason = f"line has {row.actual_columns} fields, the header {row.expected_columns}: {row.text[:LONGEST_LINE]}"
        ragged.append((row.number or 0, reason))
        return "skip"

    if not text.partition("\n")[2]:
        return assembled(
            {name: pa.chunked_array([], pa.string()) for name in header}, 0, contract, broken=broken
        )
    try:
        table = _table(text, header, contract, keep, _BLOCK)
    except pa.ArrowInvalid as error:
        if "straddling" not in str(error):
            raise
        ragged.clear()
        table = _table(
            text, header, contract, keep, 4 * len(text)
        )  # a row longer than a block: one block holds all
    named = {name: table.column(name) for name in header}
    taken = {position for position, _ in broken}
    present = (
        [p for p in range(1, table.num_rows + len(ragged) + len(taken) + 1) if p not in taken]
        if ragged
        else []
    )
    # pyarrow counts the header as row 1.
    broken = [*broken, *((present[number - 2], reason) for number, reason in ragged)]
    return assembled(named, table.num_rows, contract, broken=broken)


def _table(
    text: str,
    header: Sequence[str],
    contract: TableContract,
    keep: Callable[[pa_csv.InvalidRow], str],
    block: int,
) -> pa.Table:
    return pa_csv.read_csv(
        BytesIO(text.encode()),
        read_options=pa_csv.ReadOptions(
            use_threads=False, column_names=header, skip_rows_after_names=1, block_size=block
        ),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=keep),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=["", *contract.null_values],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _unique(header: Sequence[str]) -> list[str]:
    """The header's names; a repeated one carries its number, so that the contract knows the first and none is lost."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
