"""This file holds how a landed file is unpacked: told by content, in small pieces, and only so far as is sane."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, cast

import zstandard

#: Bytes that are read at once.
CHUNK = 1 << 20
#: Bytes of one file that are held in memory; the rest is on disk.
MOST_IN_MEMORY = 16 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
#: What is no format of a table: what people call it, by how it begins.
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\xfd7zXZ\x00": "packed with xz",
    b"BZh91AY&SY": "packed with bzip2",
}
#: Four bytes of Zstandard can stand for 128 KiB: so few of them are unpacked at once that 32 MiB can come of it.
_ZSTD_BITE = 1 << 10
#: Tables shrink to a hundredth at the most, zeros to a thousandth and less; small files may do as they like.
MOST_RATIO, UNSUSPICIOUS = 250, 64 << 20
#: A table is landed in several files long before that; the disk has to hold it unpacked.
MOST_UNPACKED = 64 << 30


class UnreadableFileError(Exception):
    """The file cannot be read as rows; its text is the reason that people find in quarantine."""


def spool() -> IO[bytes]:
    """A new file that is in memory while it is small, and nameless on disk once it is not; to be closed."""
    return cast("IO[bytes]", SpooledTemporaryFile(MOST_IN_MEMORY))  # whoever asked for it closes it


def unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """The content of a file that may be packed; nothing of it may be used before its end has come.

    Raises:
        UnreadableFileError: it is an archive, packed twice, or unpacks to more than a table can be.
        EOFError: it was cut off.
        OSError, zlib.error, zstandard.ZstdError: it is damaged.
    """
    head = file.read(16)
    file.seek(0)
    _refuse_archive(head)
    if not head.startswith((_GZIP, _ZSTD)):
        yield from iter(lambda: file.read(CHUNK), b"")
        return
    size = file.seek(0, 2)
    file.seek(0)
    found, first = 0, True
    for piece in _gunzipped(file) if head.startswith(_GZIP) else _unzstd(file):
        if first and piece:
            _refuse_archive(piece)
            if piece.startswith((_GZIP, _ZSTD)):
                raise UnreadableFileError("the file is packed twice; land it packed once")
            first = False
        found += len(piece)
        _refuse_bomb(size, found)
        yield piece


def _refuse_archive(head: bytes) -> None:
    for magic, name in _ARCHIVES.items():
        if head.startswith(magic):
            raise UnreadableFileError(f"the file is {name}; land what is in it, plain or as .gz or .zst")


def _refuse_bomb(size: int, found: int) -> None:
    if found > MOST_UNPACKED or (found > UNSUSPICIOUS and found > MOST_RATIO * size):
        raise UnreadableFileError(
            f"the file unpacks from {size:,} bytes to more than {found:,}, which no table does; land it unpacked"
        )


def _gunzipped(file: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file, mode="rb") as content:
        yield from iter(lambda: content.read(CHUNK), b"")


def _unzstd(file: IO[bytes]) -> Iterator[bytes]:
    """Each frame's content; a stream reader would hand out the start of one that is cut off without a word."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    is_within = True
    while bite := file.read(_ZSTD_BITE):
        while bite:
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(bite)
            bite = frame.unused_data if frame.eof else b""
        is_within = not frame.eof
    if is_within:
        raise EOFError
