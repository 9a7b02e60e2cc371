"""This file holds one file of payments for each way in which content is wrong, and what is to become of its rows."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq

HEADER = "customer_id,transaction_id,transaction_date,amount"
SOUND = "c1,t1,2026-01-01,1.00"


@dataclass(frozen=True)
class Broken:
    """A file and its outcome.

    Attributes:
        silver: ids of the payments that reach silver.
        reasons: how each row in quarantine begins to say why it is there.
        refused: how the refusal of its whole date begins; empty where the date is accepted.
    """

    body: bytes
    silver: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    refused: str = ""
    name: str = "a.csv"


def csv(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> bytes:
    """A file of these lines, a sound payment before them and one after."""
    return "\n".join([header, SOUND, *lines, "c1,t9,2026-01-01,9.00", ""]).encode(encoding)


def parquet() -> bytes:
    """A whole file."""
    sink = io.BytesIO()
    columns = dict(zip(HEADER.split(","), ([text] * 500 for text in SOUND.split(",")), strict=True))
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def zipped(body: bytes) -> bytes:
    """A zip archive with one file."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.csv", body)
    return sink.getvalue()


_BOTH = ("t1", "t9")
_UNREADABLE = "row_is_readable"
_LINE = '{"customer_id":"c1","transaction_id":"%s","transaction_date":"2026-01-01","amount":%s}'


@cache
def broken_files() -> dict[str, Broken]:
    """By the name of the fault."""
    return {
        "zero bytes": Broken(b"", (), (_UNREADABLE,)),
        "a header alone": Broken(f"{HEADER}\n".encode(), ()),
        "a ragged line": Broken(csv("c1,t2"), _BOTH, (_UNREADABLE,)),
        "a byte order mark": Broken(b"\xef\xbb\xbf" + csv(), _BOTH),
        "latin-1 instead of utf-8": Broken(csv("São,t2,2026-01-01,1", encoding="latin-1"), (), (_UNREADABLE,)),
        "utf-16 instead of utf-8": Broken(csv(encoding="utf-16"), (), (_UNREADABLE,)),
        "a NUL byte": Broken(csv("c1,t2,2026-01-01,1\x00"), _BOTH, ("amount_is_valid",)),
        "a line break within a value": Broken(csv('"c\n1",t2,2026-01-01,2.00'), ("t1", "t2", "t9")),
        "an unclosed quote": Broken(csv('"c1,t2,2026-01-01,2'), _BOTH, (_UNREADABLE,)),
        "two unclosed quotes": Broken(csv('"c1,t2,2026-01-01,2', "c1,t3,2026-01-01,3", '"c1,t4,2026-01-01,4'),
                                      ("t1", "t3", "t9"), (_UNREADABLE,) * 2),
        "two values that are a quote each": Broken(csv('c1,t2,2026-01-01,"', 'c1,t3,2026-01-01,"'), _BOTH,
                                                   (_UNREADABLE,) * 2),
        "a header twice": Broken(csv(header="customer_id,transaction_id,transaction_date,amount,amount")
                                 .replace(b".00\n", b".00,7\n"), _BOTH),
        "headers reordered": Broken(b"amount,transaction_date,transaction_id,customer_id\n"
                                    b"1.00,2026-01-01,t1,c1\n9.00,2026-01-01,t9,c1\n", _BOTH),
        "a column added": Broken(csv(header=HEADER + ",colour").replace(b".00\n", b".00,red\n"), _BOTH),
        "a column removed": Broken(b"customer_id,transaction_id,transaction_date\nc1,t1,2026-01-01\n", (),
                                   ("amount_is_present",), "amount"),
        "a column retyped": Broken(b"customer_id,transaction_id,transaction_date,amount\nc1,t1,2026-01-01,one\n",
                                   (), ("amount_is_valid",), "amount"),
        "a column renamed in case only": Broken(csv(header=HEADER.replace("amount", "Amount")), (),
                                                ("amount_is_present",) * 2, "amount"),
        "a broken line of JSON": Broken((_LINE % ("t1", 1) + '\n{"customer_id":\n' + _LINE % ("t9", 9)).encode(),
                                        _BOTH, (_UNREADABLE,), name="a.jsonl"),
        "an array of JSON": Broken(f'[{_LINE % ("t1", 1)},{_LINE % ("t9", 9)}]'.encode(), _BOTH, name="a.json"),
        "a wrong type in JSON": Broken((_LINE % ("t1", 1) + "\n" + _LINE % ("t2", '{"eur":1}')).encode(), ("t1",),
                                       ("amount_is_valid",), name="a.jsonl"),
        "a line of three megabytes": Broken(csv(f"{'c' * 3_000_000},t2,2026-01-01,2.00"), ("t1", "t2", "t9")),
        "a Parquet file cut off": Broken(parquet()[:-20], (), (_UNREADABLE,), name="a.parquet"),
        "gzip that is named csv": Broken(gzip.compress(csv()), _BOTH),
        "a zip archive": Broken(zipped(csv()), (), (_UNREADABLE,), name="a.csv.gz"),
        "a zip archive within gzip": Broken(gzip.compress(zipped(csv())), (), (_UNREADABLE,), name="a.csv.gz"),
        "gzip within gzip": Broken(gzip.compress(gzip.compress(csv())), (), (_UNREADABLE,), name="a.csv.gz"),
        "a bomb": Broken(gzip.compress(b"0" * (100 << 20), 9), (), (_UNREADABLE,), name="a.csv.gz"),
        "an amount too long for its type": Broken(csv(f"c1,t2,2026-01-01,{'9' * 40}"), _BOTH, ("amount_is_valid",)),
        "the year 99999": Broken(csv("c1,t2,99999-01-01,2.00"), _BOTH, ("transaction_date_is_valid",)),
        "the 31st of February": Broken(csv("c1,t2,2026-02-31,2.00"), _BOTH, ("transaction_date_is_valid",)),
    }  # fmt: skip
