"""This file holds the reading of CSV: bound by header name; a line that fits no row stands for itself."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import RawIOBase
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from dataops_platform.landing.parsed import (
    LONGEST_LINE,
    LONGEST_ROW,
    Parsed,
    corrupt_rows,
    rows_of,
)
from dataops_platform.landing.text_files import LandedText
from dataops_platform.landing.unpacked import UnreadableFileError

#: Bytes that are parsed at once.
_BLOCK = 1 << 20


def read_csv(text: LandedText, parsed: Parsed, files: ExitStack) -> None:
    """The rows of a CSV text whose first line names its columns are in `parsed`."""
    csv.field_size_limit(LONGEST_ROW)
    if not _has_stray_quote(text):
        return _csv_rows(text, parsed)
    # It would swallow the rows after it, to the next one or to the end: so each line stands for itself.
    sound = LandedText(files)
    broken = _sound_lines(text, sound)
    return _csv_rows(sound, parsed, broken)


def _has_stray_quote(text: LandedText) -> bool:
    """Whether a quote was left open, or closed by one that is not its own; an inch mark in a value is none."""
    if not text.quotes:
        return False
    with text.characters() as characters:
        rows = csv.reader(characters, strict=True)
        try:
            width, line = len(next(rows)), rows.line_num
            for row in rows:
                if rows.line_num > line + 1 and _holds_rows(row, width):
                    return True
                line = rows.line_num
        except csv.Error:
            return True
    return False


def _holds_rows(row: Sequence[str], width: int) -> bool:
    """Whether this row of several lines is rows that a stray quote made one.

    With another number of fields than the header it is where any line has the right one. With the right number it is
    where each line has it too, and the quotes are values: nothing but a quote each, as people write for "the same".
    """
    is_a_row = [line.count(",") == width - 1 for line in ",".join(row).splitlines()]
    if len(row) != width:
        return any(is_a_row)
    breaks = (",", "\r", "\n")
    is_lone = any("\n" in value and value.startswith(breaks) and value.endswith(breaks) for value in row)
    return is_lone and all(is_a_row)


def _sound_lines(text: LandedText, sound: LandedText) -> list[tuple[int, str]]:
    """The lines whose quotes are closed are in `sound`; the others, with their positions."""
    broken, position = list[tuple[int, str]](), 0
    for line in text.lines(LONGEST_ROW):
        if not line.strip(b"\r\n"):
            continue
        if _is_sound(line):
            sound.write(line)
        elif position == 0:
            raise UnreadableFileError("the header has an unclosed quote")
        else:
            told = line.decode().rstrip("\r\n")[:LONGEST_LINE]
            broken.append((position, f"line has an unclosed quote: {told}"))
        position += 1
    return broken


def _is_sound(line: bytes) -> bool:
    if line.count(b'"') % 2:
        return False
    try:
        next(csv.reader([line.decode()], strict=True))
    except csv.Error:
        return False
    return True


def _csv_rows(text: LandedText, parsed: Parsed, broken: Sequence[tuple[int, str]] = ()) -> None:
    """The rows of well-quoted text; `broken` are lines that were taken out of it, by position."""
    header, start = _header(text)
    text.file.seek(start)
    has_lines = bool(text.file.read(1))
    block = _BLOCK
    while True:
        if broken:
            parsed.add(corrupt_rows(broken, parsed.contract))
        try:
            if has_lines:
                _CsvRows(parsed, header, start, [position for position, _ in broken]).read(text, block)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            # pyarrow holds many blocks: a line that is too long is told before they are made larger.
            deque(text.lines(LONGEST_ROW), maxlen=0)
            if block > text.size or block >= LONGEST_ROW:
                raise UnreadableFileError(f"a row is longer than {LONGEST_ROW:,} bytes") from None
            block = min(block * 16, LONGEST_ROW)  # a row longer than a block
            parsed.clear()
        else:
            return


def _header(text: LandedText) -> tuple[list[str], int]:
    """The names in the first row, and at which byte of the file the rows begin."""
    start = 0
    with text.characters() as characters:

        def lines() -> Iterator[str]:
            nonlocal start
            for line in characters:
                start += len(line.encode())
                yield line

        return _unique(next(csv.reader(lines()))), start


class _Marked(RawIOBase):
    """The rest of a file behind a byte order mark: pyarrow drops one at the start, else that of the first value."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._mark = file, BOM_UTF8

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        mark, self._mark = self._mark, b""
        return mark + self._file.read(size - len(mark) if size > 0 else size)


@dataclass
class _CsvRows:
    """Rows on their way out of pyarrow.

    Attributes:
        start: at which byte they begin. Were pyarrow to skip the header, it would keep silent about a row after one
            that holds a null character, where that row has another number of fields.
        removed: positions of lines that were taken out of the text before.
    """

    parsed: Parsed
    header: Sequence[str]
    start: int
    removed: Sequence[int]
    ragged: list[tuple[int, str]] = field(default_factory=list)
    passed: int = 0

    def read(self, text: LandedText, block: int) -> None:
        """All of the text's rows are in `parsed`."""
        text.file.seek(self.start)
        count = 0
        for batch in self._batches(text, block):
            count += batch.num_rows
            self._add(pa.Table.from_batches([batch]))
        self._add(None)
        if count:
            self.parsed.absent = tuple(
                name for name in self.parsed.contract.columns if name not in self.header
            )

    def _add(self, rows: pa.Table | None) -> None:
        """Rows lie between the ragged lines that pyarrow has told of."""
        count = rows.num_rows if rows is not None else 0
        among = np.arange(self.passed + 1, self.passed + count + len(self.ragged) + 1, dtype=np.int64)
        ragged = np.array([number for number, _ in self.ragged], dtype=np.int64)
        sound = among[~np.isin(among, ragged)][:count]
        if rows is not None and count:
            named = {name: rows.column(name) for name in self.header}
            self.parsed.add(rows_of(named, pa.array(self._landed(sound)), self.parsed.contract))
            self.passed = int(sound[-1])
        known = [(number, reason) for number, reason in self.ragged if rows is None or number < self.passed]
        if known:
            at = self._landed(np.array([number for number, _ in known], dtype=np.int64))
            told = [(int(position), reason) for position, (_, reason) in zip(at, known, strict=True)]
            self.parsed.add(corrupt_rows(told, self.parsed.contract))
            self.ragged = [found for found in self.ragged if found not in known]

    def _landed(self, numbers: np.ndarray) -> np.ndarray:
        """Positions in the file as it landed, of lines that are counted without the removed ones."""
        removed = np.array(self.removed, dtype=np.int64)
        return numbers + np.searchsorted(removed - np.arange(len(removed)), numbers, side="right")

    def _keep(self, row: pa_csv.InvalidRow) -> str:
        fields = f"line has {row.actual_columns} fields, the header {row.expected_columns}"
        self.ragged.append((row.number or 0, f"{fields}: {row.text[:LONGEST_LINE]}"))
        return "skip"

    def _batches(self, text: LandedText, block: int) -> pa_csv.CSVStreamingReader:
        return pa_csv.open_csv(
            _Marked(text.file),
            read_options=pa_csv.ReadOptions(use_threads=False, column_names=self.header, block_size=block),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=self._keep),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(self.header, pa.string()),
                null_values=["", *self.parsed.contract.null_values],
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
