"""This file holds files that engines and readers are known to read each in their own way, and a table they land in."""

from __future__ import annotations

import gzip
import re

import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import Date, Money, Table, TableContract, Thresholds, Timestamp
from dataops_platform.core.rules import Aggregate, Comparison, Required

_HEADER = "reading_id,word,code,number,ratio,is_on,day,moment,dotted_day,money\n"
_CODE = re.compile(r"\w+[\s\d]?é?$", re.IGNORECASE)
#: word, code, number, ratio, is_on, day, moment, dotted_day, money
_ROWS = [
    ("", "", "", "", "", "", "", "", ""),
    (" trimmed ", "ab1", " 42 ", "-0.0", "YES", " 2026-01-02 ", "2026-01-02T03:04:05Z", "02.01.2026", "1.10"),
    (
        "İSTANBUL ΣΑΣ",
        "Ł\u0663",
        "999999999999999999",
        "5e-324",
        "f",
        "0001-01-01",
        "9999-12-31 23:59:59.999999",
        "31.12.9999",
        "9999999999999999.99",
    ),
    (
        "NaN",
        "a b",
        "9999999999999999999",
        "NaN",
        "2",
        "9999-12-31",
        "0001-01-01 00:00:00",
        "01.01.0001",
        "10000000000000000",
    ),
    (
        "null",
        "é\u2028",
        "1e3",
        "1.7976931348623157e308",
        "true",
        "1500-02-29",
        "1582-10-10 00:00:00",
        "10.10.1582",
        "-0",
    ),
    ("😀\uffff", "K", "-1", "1e999", "0", "2024-02-29", "1969-12-31 23:59:59.999999", "1.1.2026", "2.675"),
    ("a\tb", "\u017f1", "٣", ".5", "no", "2025-02-29", "2026-01-02 03:04:05+18:00", "29.02.2023", "1e3"),
    ("\\\\", "(", "+7", "inf", "t", "2026-1-2", "2026-01-02 24:00:00", "31.12.20255", "1,5"),
    ("'; --", "--", "7", "1.5", "1", "2026-01-02", "2026-01-02 23:59:60", "31.12.2025", "000.10"),
]


def _lines(first: int) -> list[str]:
    return [",".join((f"r{n}", *(_field(text) for text in row))) for n, row in enumerate(_ROWS, first)]


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\t\\') else text


def _csv() -> str:
    """Ragged lines, an embedded line break, doubled quotes and a key that comes three times beside the rows above."""
    odd = ['r90,"two\nlines and ""quotes""",ab,1,1,1,2026-01-02,2026-01-02,02.01.2026,1']
    odd += ["r91,short", "r92,too,long,1,1,1,2026-01-02,2026-01-02,02.01.2026,1,2,3", ",no key,,,,,,,,"]
    odd += [f"r93,twin {n},ab,{n},1,1,2026-01-02,2026-01-02,02.01.2026,{n}" for n in range(3)]
    return _HEADER + "\n".join([*_lines(1), *odd]) + "\n"


#: Numbers as numbers, nested values, columns of nobody, a repeated name, surrogates, and lines that are no JSON.
_JSON_LINES = [
    '{"reading_id":"j1","number":12,"ratio":1e-7,"is_on":true,"money":0.1,"word":"a","more":{"b":[1,null]}}',
    '{"reading_id":"j2","number":12.0,"ratio":-0.0,"is_on":null,"money":12345678901234567890.12,"word":"é"}',
    '{"reading_id":"j3","word":"\\ud83d\\ude00","money":"1.00","day":"2026-01-02","Word":"other case"}',
    '{"reading_id":"j4","word":{"nested":"text"},"number":"7"}',
    '{"reading_id":"j5","word":"a","word":"b"}',
    '{"reading_id":"j6","number":NaN}',
    '{"reading_id":',
    "[]",
    '{"reading_id":null,"word":"nobody"}',
]


def _parquet() -> bytes:
    sink = pa.BufferOutputStream()
    rows = pa.table(
        {
            "reading_id": ["p1", "p2", None],
            "number": pa.array([1, None, -(2**62)], pa.int64()),
            "ratio": pa.array([float("nan"), float("inf"), -0.0]),
            "money": pa.array(["1.10", None, "9999999999999999.99"]).cast(pa.decimal128(18, 2)),
            "day": pa.array([-719162, 2932896, None], pa.int32()).cast(pa.date32()),
            "moment": pa.array([0, -1, None], pa.int64()).cast(pa.timestamp("us", tz="UTC")),
            "extra": pa.array([[1, 2], None, []], pa.list_(pa.int8())),
        }
    )
    pq.write_table(rows, sink)
    return bytes(sink.getvalue().to_pybytes())


#: Day of January and name of each file → its bytes.
FILES: dict[tuple[int, str], bytes] = {
    (2, "plain.csv"): _csv().encode(),
    (2, "marked.csv"): b"\xef\xbb\xbf" + (_HEADER + "\r\n".join(_lines(100))).encode(),
    (2, "packed.csv.gz"): gzip.compress((_HEADER + "\n".join(_lines(200))).encode(), mtime=0),
    (3, "lines.jsonl"): "\n".join(_JSON_LINES).encode(),
    (3, "columns.parquet"): _parquet(),
    (3, "reordered.csv"): b"money,word,reading_id,unknown\n1.10,last,x1,kept\n2.20,,x2,\n",
    (4, "latin.csv"): (_HEADER + "l1,caf\u00e9,ab,1,1,1,2026-01-02,2026-01-02,02.01.2026,1\n").encode(
        "latin-1"
    ),
    (4, "wide.csv"): (_HEADER + "\n".join(_lines(300))).encode("utf-16"),
    (5, "no.csv"): b"PK\x03\x04 no rows at all",
    (5, "torn.csv"): (_HEADER + 't1,"a quote that never ends\nt2,b\n').encode(),
    (6, "ruined.csv"): (_HEADER + "\n".join(f"q{n},w,ab,{n},1,1,no day,,,1" for n in range(20))).encode(),
}


def _cleanse(rows: DataFrame) -> DataFrame:
    return rows.withColumns(
        {"word": F.lower("word"), "number": F.when(F.col("number") < 0, None).otherwise(F.col("number"))}
    )


READINGS = Table(
    TableContract(
        name="readings",
        description="One row for each reading.",
        owner="team:home",
        key=("reading_id",),
        event_date="moment",
        formats={"dotted_day": "dd.MM.yyyy"},
        public=("number", "ratio", "day", "moment", "money"),
        thresholds=Thresholds(max_duplicate_ratio=1),
        rules=(
            Comparison("day", "<=", "dotted_day"),
            Required("money", when="word", equals=("nan", "null")),
            Aggregate(column="money", statistic="sum", at_least=0),
            Aggregate(column="word", statistic="distinct", at_least=1),
        ),
        columns={
            "reading_id": pandera.Column(str, nullable=False),
            "word": pandera.Column(str, pandera.Check.str_matches(r"[^\d\s]*."), nullable=True),
            "code": pandera.Column(str, pandera.Check.str_matches(_CODE), nullable=True),
            "number": pandera.Column(int, pandera.Check.le(10**18), nullable=True),
            "ratio": pandera.Column(float, pandera.Check.ge(0), nullable=True),
            "is_on": pandera.Column(bool, nullable=True),
            "day": pandera.Column(Date, nullable=True),
            "moment": pandera.Column(Timestamp, nullable=True),
            "dotted_day": pandera.Column(Date, nullable=True),
            "money": pandera.Column(Money, pandera.Check.ge(0), nullable=True),
        },
    ),
    _cleanse,
)
