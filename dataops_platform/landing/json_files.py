"""This file holds the reading of JSON: lines of objects, or one array of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TextIO

import orjson
import pyarrow as pa

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.parsed import LONGEST_LINE, LONGEST_ROW, Parsed, corrupt_rows, rows_of
from dataops_platform.landing.text_files import LandedText
from dataops_platform.landing.unpacked import CHUNK, UnreadableFileError

_LONG_NUMBER = re.compile(r"\d[\d.]{15,}")
_SPACE = re.compile(r"[ \t\r\n]*")
#: Records that become columns at once.
_RECORDS = 10_000


def read_json(text: LandedText, parsed: Parsed) -> None:
    """The rows of JSON lines or of a JSON array are in `parsed`; numbers keep every digit."""
    seen, has_records = set[str](), False
    records: list[tuple[int, Mapping[str, Any]]] = []
    broken: list[tuple[int, str]] = []
    for position, (found, raw) in enumerate(_records(text), 1):
        if isinstance(found, dict):
            records.append((position, found))
            seen.update(found)
            has_records = True
        else:
            broken.append((position, f"line is no JSON object: {raw[:LONGEST_LINE]}"))
        if len(records) + len(broken) == _RECORDS:
            _add(parsed, records, broken)
    _add(parsed, records, broken)
    if has_records:
        parsed.absent = tuple(name for name in parsed.contract.columns if name not in seen)


def _add(parsed: Parsed, records: list[tuple[int, Mapping[str, Any]]], broken: list[tuple[int, str]]) -> None:
    contract = parsed.contract
    nulls = set(contract.null_values)
    named = {
        name: pa.chunked_array([_texts((record.get(name) for _, record in records), nulls)])
        for name in contract.columns
    }
    rescued = pa.array((_rescued(record, contract, nulls) for _, record in records), pa.string())
    positions = pa.array([position for position, _ in records], pa.int64())
    parsed.add(rows_of(named, positions, contract, rescued))
    if broken:
        parsed.add(corrupt_rows(broken, contract))
    records.clear()
    broken.clear()


def _rescued(record: Mapping[str, Any], contract: TableContract, nulls: set[str]) -> str | None:
    unknown = {name: _text(value, nulls) for name, value in record.items() if name not in contract.columns}
    return orjson.dumps(unknown).decode() if unknown else None


def _records(text: LandedText) -> Iterator[tuple[Any, str]]:
    """Each value and how it is written; None for one that is malformed."""
    if text.first == "[":
        with text.characters() as characters:
            for raw in _elements(characters):
                try:
                    found = _loaded(raw)
                except ValueError:
                    raise _Malformed from None
                yield found, type(found).__name__
        return
    for line in text.lines(LONGEST_ROW):
        raw = line.decode().removesuffix("\n")
        if raw.strip():
            try:
                yield _loaded(raw), raw
            except ValueError:
                yield None, raw


def _elements(characters: TextIO) -> Iterator[str]:
    """Each element of a JSON array as it is written."""
    window = _Window(characters)
    window.take("[")
    if window.next() != "]":
        yield window.value()
        while window.next() == ",":
            window.take(",")
            yield window.value()
    window.take("]")
    if window.next():
        raise _Malformed


class _Window:
    """What is in memory of a JSON text, and where reading has come to."""

    def __init__(self, characters: TextIO) -> None:
        self._characters = characters
        # Only where a value ends is asked for here: numbers stay as they are, however long.
        self._decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
        self._held, self._at = "", 0

    def next(self) -> str:
        """The next character that is no space; none at the end."""
        while True:
            self._at = _SPACE.match(self._held, self._at).end()  # type: ignore[union-attr]  # matches nothing too
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def take(self, mark: str) -> None:
        """The next character is this one, and is passed."""
        if self.next() != mark:
            raise _Malformed
        self._at += 1

    def value(self) -> str:
        """The next value as it is written."""
        self.next()
        while True:
            end = self._end()
            # A number that ends where the window does may go on behind it.
            if end is not None and end < len(self._held):
                found, self._at = self._held[self._at : end], end
                return found
            if len(self._held) - self._at > LONGEST_ROW:
                raise UnreadableFileError(f"an element of the array is longer than {LONGEST_ROW:,} bytes")
            if not self._more():
                raise _Malformed

    def _end(self) -> int | None:
        try:
            return self._decoder.raw_decode(self._held, self._at)[1]
        except ValueError:
            return None

    def _more(self) -> bool:
        left = self._held[self._at :]
        chunk = self._characters.read(max(CHUNK, len(left)))
        self._held, self._at = left + chunk, 0
        return bool(chunk)


class _Malformed(UnreadableFileError):
    def __init__(self) -> None:
        super().__init__("line is no JSON object: the array is cut off or malformed")


def _loaded(text: str) -> Any:
    """The value of a JSON text; numbers too long for a double keep every digit."""
    if _LONG_NUMBER.search(text) is None:
        return orjson.loads(text)
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _texts(values: Iterable[Any], nulls: set[str]) -> pa.Array:
    return pa.array((_text(value, nulls) for value in values), pa.string())


def _text(value: Any, nulls: set[str]) -> str | None:
    if value is None or isinstance(value, str):
        text = value
    else:
        text = str(value) if isinstance(value, Decimal) else orjson.dumps(value, default=str).decode()
    return None if text in nulls else text
