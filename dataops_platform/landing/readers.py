"""This room's readers: raw bytes → rows of text, one behaviour on every engine.

Spark's readers differ by engine and lose rows in silence (ragged lines, reordered headers, files named `.csv` that
are gzip). These bind columns by name, sniff compression and format by content, and turn what cannot be read into a
row that says so, beside its sound neighbours.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import zstandard

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.csv_files import read_csv
from dataops_platform.landing.json_files import read_json
from dataops_platform.landing.parquet_files import read_parquet
from dataops_platform.landing.parsed import Parsed, unreadable

_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"


def parse(body: bytes, contract: TableContract) -> Parsed:
    """The rows of an object; what cannot be read becomes a row whose `_corrupt_record` says why."""
    try:
        content = _decompressed(body)
        if content.startswith(_PARQUET):
            return read_parquet(content, contract)
        text = content.decode(contract.encoding).removeprefix("\ufeff")
        if not text.strip():
            return unreadable("the file is empty", contract)
        return (read_json if text.lstrip()[:1] in {"{", "["} else read_csv)(text, contract)
    except UnicodeDecodeError as error:
        return unreadable(f"the file is not {contract.encoding} (byte {error.start})", contract)
    except Exception as error:  # noqa: BLE001  # whatever a file does to a library, the other files go on
        return unreadable(f"the file is damaged or cut off ({type(error).__name__})", contract)


def _decompressed(body: bytes) -> bytes:
    if body.startswith(_GZIP):
        return gzip.decompress(body)
    if body.startswith(_ZSTD):
        return b"".join(_zstd_frames(body))
    return body


def _zstd_frames(body: bytes) -> Iterator[bytes]:
    """Each frame's content; a stream reader would hand out the start of one that is cut off without a word."""
    while body:
        frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(body)
        if not frame.eof:
            raise EOFError
        body = frame.unused_data
