"""This file holds a landed text: decoded and checked to its end, and kept as UTF-8 on disk where it is large."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from itertools import chain
from typing import IO, TextIO

from dataops_platform.landing.unpacked import CHUNK, UnreadableFileError, spool


class LandedText:
    """The text of one file, kept until `files` are closed.

    Attributes:
        file: it, as UTF-8, without byte order mark and without line breaks before its first line.
        size: how many bytes that are.
        first: its first character that is no space; none in an empty file.
        quotes: how many double quotes it holds.
    """

    def __init__(self, files: ExitStack) -> None:
        self.file: IO[bytes] = files.enter_context(spool())
        self.size = 0
        self.first = ""
        self.quotes = 0
        self.has_line_feed = False
        self.has_carriage_return = False

    def add(self, text: str) -> None:
        """More of it."""
        self.first = self.first or text.lstrip()[:1]
        if not self.size:
            text = text.lstrip("\r\n")
        self.write(text.encode())

    def write(self, written: bytes) -> None:
        """More of it, in UTF-8."""
        self.size += len(written)
        self.quotes += written.count(b'"')
        self.has_line_feed = self.has_line_feed or b"\n" in written
        self.has_carriage_return = self.has_carriage_return or b"\r" in written
        self.file.write(written)

    @contextmanager
    def characters(self) -> Iterator[TextIO]:
        """It from its start, as text whose line breaks are as they landed."""
        self.file.seek(0)
        wrapped = TextIOWrapper(self.file, encoding="utf-8", newline="")
        try:
            yield wrapped
        finally:
            wrapped.detach()  # else the wrapper closes the file

    def lines(self, longest: int) -> Iterator[bytes]:
        """Its lines, ended by line feeds alone."""
        self.file.seek(0)
        for number, line in enumerate(iter(lambda: self.file.readline(longest + 1), b""), 1):
            if len(line) > longest:
                raise UnreadableFileError(f"line {number} is longer than {longest:,} bytes")
            yield line


def decoded(chunks: Iterable[bytes], encoding: str, files: ExitStack) -> LandedText:
    """The text of a file.

    Raises:
        UnreadableFileError: it is not in this encoding; the reason says where.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    text, seen, is_start = LandedText(files), 0, True
    for chunk in chain(filter(None, chunks), [b""]):
        held = len(decoder.getstate()[0])
        try:
            found = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise UnreadableFileError(
                f"the file is not {encoding} (byte {seen - held + error.start})"
            ) from None
        seen += len(chunk)
        if is_start and found:
            found, is_start = found.removeprefix("\ufeff"), False
        text.add(found)
    return _with_line_feeds(text, files) if text.has_carriage_return and not text.has_line_feed else text


def _with_line_feeds(text: LandedText, files: ExitStack) -> LandedText:
    """The text of an old Mac, whose lines end in carriage returns alone."""
    changed = LandedText(files)
    changed.first = text.first
    text.file.seek(0)
    for chunk in iter(lambda: text.file.read(CHUNK), b""):
        changed.write(chunk.replace(b"\r", b"\n"))
    return changed
