"""This room's readers: raw bytes → rows of text, one behaviour on every engine.

Spark's readers differ by engine and lose rows in silence (ragged lines, reordered headers, files named `.csv` that
are gzip). These bind columns by name, sniff compression and format by content, and turn what cannot be read into a
row that says so, beside its sound neighbours. A file of any size takes the same memory: what is large is on disk.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain
from typing import IO

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.csv_files import read_csv
from dataops_platform.landing.json_files import read_json
from dataops_platform.landing.parquet_files import read_parquet
from dataops_platform.landing.parsed import Parsed, corrupt_rows
from dataops_platform.landing.text_files import decoded
from dataops_platform.landing.unpacked import UnreadableFileError, spool, unpacked

_PARQUET = b"PAR1"


def parse(file: IO[bytes], contract: TableContract) -> Parsed:
    """The rows of an object; what cannot be read becomes a row whose `_corrupt_record` says why."""
    parsed = Parsed(contract)
    try:
        with ExitStack() as files:
            _read(file, parsed, files)
    except UnreadableFileError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001  # whatever a file does to a library, the other files go on
        reason = f"the file is damaged or cut off ({type(error).__name__})"
    else:
        return parsed
    parsed.clear()
    parsed.add(corrupt_rows([(1, reason)], contract))
    return parsed


def _read(file: IO[bytes], parsed: Parsed, files: ExitStack) -> None:
    chunks = unpacked(file)
    head = b""
    while len(head) < len(_PARQUET) and (chunk := next(chunks, b"")):
        head += chunk
    if head.startswith(_PARQUET):
        content = files.enter_context(spool())
        content.writelines(chain([head], chunks))
        return read_parquet(content, parsed)
    text = decoded(chain([head], chunks), parsed.contract.encoding, files)
    if not text.first:
        raise UnreadableFileError("the file is empty")
    return read_json(text, parsed) if text.first in "{[" else read_csv(text, parsed, files)
