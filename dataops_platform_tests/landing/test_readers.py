"""Readers: every byte of a file ends in a row of text, or in a row that says what could not be read."""

import datetime as dt
import gzip
from decimal import Decimal
from io import BytesIO

import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.readers import parse

CSV = b"id,city\n1,Rio\n2,Bahia\n"


def contract(**changes):
    columns = {"id": pandera.Column(str, nullable=False), "city": pandera.Column(str, nullable=True)}
    promises = {"name": "shops", "description": "", "owner": "team:sales", "key": ("id",), "columns": columns}
    return TableContract(**{**promises, **changes})


def rows(body, *columns, **changes):
    """The readable rows in order of position: these columns of them, or id and city."""
    found = sorted(parse(body, contract(**changes)).rows.to_pylist(), key=lambda row: row["_position"])
    names = columns or ("id", "city")
    return [tuple(row[name] for name in names) for row in found if row["_corrupt_record"] is None]


def unreadable(body, **changes):
    """Position and reason of each row that could not be read."""
    found = parse(body, contract(**changes)).rows.to_pylist()
    return [(row["_position"], row["_corrupt_record"]) for row in found if row["_corrupt_record"] is not None]


def parquet(**columns):
    sink = BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


# CSV


def test_rows_are_text_whatever_they_look_like():
    assert rows(b"id,city\n007,1.50\n1e3,true\n") == [("007", "1.50"), ("1e3", "true")]


@pytest.mark.parametrize("body", [CSV, CSV.replace(b"\n", b"\r\n"), CSV.rstrip(), b"\xef\xbb\xbf" + CSV])
def test_line_ends_a_missing_last_one_and_a_byte_order_mark_change_nothing(body):
    assert rows(body, "_position", "id", "city") == [(1, "1", "Rio"), (2, "2", "Bahia")]


def test_a_reordered_header_swaps_no_values():
    assert rows(b"city,id\nRio,1\n") == [("1", "Rio")]


def test_a_ragged_line_says_so_at_its_position_and_its_neighbours_are_sound():
    body = b"id,city\n1,Rio\n2,Bahia,extra\n3,Natal\n4\n5,Recife\n"

    assert rows(body, "_position", "id") == [(1, "1"), (3, "3"), (5, "5")]
    assert unreadable(body) == [
        (2, "line has 3 fields, the header 2: 2,Bahia,extra"),
        (4, "line has 1 fields, the header 2: 4"),
    ]


def test_a_quoted_line_break_is_part_of_the_value_and_of_one_row():
    body = b'id,city\n1,"Rio\nde Janeiro"\n2,Bahia,extra\n3,"a ""b"", c"\n'

    assert rows(body, "_position", "city") == [(1, "Rio\nde Janeiro"), (3, 'a "b", c')]
    assert [position for position, _ in unreadable(body)] == [2]


def test_an_unclosed_quote_does_not_swallow_the_rows_after_it():
    body = b'id,city\n1,Rio\n2,"Bahia\n3,Natal\n'

    assert all("Natal" not in city for _, city in rows(body))
    assert unreadable(body)


def test_a_field_left_empty_is_null_and_so_is_what_the_contract_says_means_null():
    body = b'id,city\n1,\n2,""\n3,NA\n4,"NA"\n'

    assert rows(body, null_values=("NA",)) == [("1", None), ("2", None), ("3", None), ("4", None)]
    assert rows(body)[2:] == [("3", "NA"), ("4", "NA")]


def test_an_unknown_column_is_rescued_and_a_missing_one_is_null_and_told():
    body = b"id,colour,size\n1,red,\n"

    parsed = parse(body, contract())

    assert parsed.absent == ("city",)
    assert rows(body, "id", "city", "_rescued") == [("1", None, '{"colour":"red","size":null}')]


def test_of_two_columns_with_one_name_neither_is_lost():
    [(first, rescued)] = rows(b"id,city,city\n1,Rio,Bahia\n", "city", "_rescued")

    assert first == "Rio"
    assert "Bahia" in (rescued or "")


def test_the_contract_names_the_encoding():
    body = "id,city\n1,São Paulo\n".encode("latin-1")

    assert rows(body, encoding="latin-1") == [("1", "São Paulo")]
    assert unreadable(body) == [(1, "the file is not utf-8 (byte 11)")]


@pytest.mark.parametrize("body", [b"id,city\n", b"id,city", b"id,city\r\n"])
def test_a_header_alone_is_a_file_without_rows(body):
    parsed = parse(body, contract())

    assert parsed.rows.num_rows == 0
    assert parsed.absent == ()


def test_blank_lines_before_the_header_do_not_hide_it():
    assert rows(b"\n\n" + CSV) == [("1", "Rio"), ("2", "Bahia")]


@pytest.mark.parametrize("body", [b"", b"\n \n", gzip.compress(b"")])
def test_an_empty_file_is_one_row_that_says_so(body):
    assert unreadable(body) == [(1, "the file is empty")]


# Compression


@pytest.mark.parametrize("packed", [gzip.compress(CSV), zstandard.compress(CSV)], ids=["gzip", "zstandard"])
def test_compression_is_told_by_content_not_by_name(packed):
    assert rows(packed) == [("1", "Rio"), ("2", "Bahia")]


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(CSV[:14]) + gzip.compress(CSV[14:]),
        zstandard.compress(CSV[:14]) + zstandard.compress(CSV[14:]),
    ],
    ids=["gzip", "zstandard"],
)
def test_a_file_packed_in_parts_is_read_to_its_end(packed):
    assert rows(packed) == [("1", "Rio"), ("2", "Bahia")]


LONG = b"id,city\n" + b"".join(f"{n},Rio {n * 7919}\n".encode() for n in range(20_000))


@pytest.mark.parametrize(
    "cut_off",
    [
        gzip.compress(CSV)[:-4],
        gzip.compress(LONG)[:-30_000],
        zstandard.compress(CSV)[:-4],
        zstandard.compress(LONG)[:-30_000],
        parquet(id=["1"] * 1000)[:-10],
        parquet(id=["1"] * 1000)[:300],
    ],
    ids=["gzip", "long gzip", "zstandard", "long zstandard", "parquet", "half a parquet"],
)
def test_a_file_that_was_cut_off_is_one_row_that_says_so_and_none_of_its_rows(cut_off):
    assert rows(cut_off) == []
    [(position, reason)] = unreadable(cut_off)
    assert position == 1
    assert reason.startswith("the file is damaged or cut off")


# JSON


def test_json_lines_and_a_json_array_give_the_same_rows():
    lines = b'{"id":"1","city":"Rio"}\n{"id":"2","city":null}\n'
    array = b'[{"id":"1","city":"Rio"},\n {"id":"2","city":null}]'

    assert rows(lines) == rows(array) == [("1", "Rio"), ("2", None)]


def test_a_broken_json_line_says_so_at_its_position_and_its_neighbours_are_sound():
    body = b'{"id":"1"}\n{"id":\n[1]\n{"id":"4"}\n'

    assert rows(body, "_position", "id") == [(1, "1"), (4, "4")]
    assert unreadable(body) == [(2, 'line is no JSON object: {"id":'), (3, "line is no JSON object: [1]")]


def test_a_json_array_that_was_cut_off_says_so():
    assert unreadable(b'[{"id":"1"},{"id":') == [
        (1, "line is no JSON object: the array is cut off or malformed")
    ]


def test_json_values_become_the_text_people_would_write():
    body = b'{"id":7,"city":true}\n{"id":1.5,"city":{"name":"Rio"}}\n{"id":null,"city":["Rio"]}\n'

    assert rows(body) == [("7", "true"), ("1.5", '{"name":"Rio"}'), (None, '["Rio"]')]


@pytest.mark.parametrize(
    "number", ["0.1", "1234567890123456.78", "9999999999999999.99", "12345678901234567890"]
)
def test_no_digit_of_a_json_number_is_lost(number):
    [(text, _)] = rows(f'{{"id":{number}}}\n'.encode())

    assert Decimal(text) == Decimal(number)


def test_unknown_and_missing_json_fields_are_treated_as_columns_are():
    body = b'{"id":"1","colour":"red"}\n'

    assert parse(body, contract()).absent == ("city",)
    assert rows(body, "id", "_rescued") == [("1", '{"colour":"red"}')]


def test_json_text_that_means_null_is_null():
    assert rows(b'{"id":"1","city":"NA"}\n', null_values=("NA",)) == [("1", None)]


# Parquet


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([1, None]), ["1", None]),
        (pa.array([Decimal("1.50")]), ["1.50"]),
        (pa.array([0.1, 1.5]), ["0.1", "1.5"]),
        (pa.array([True]), ["true"]),
        (pa.array([dt.date(2026, 1, 2)]), ["2026-01-02"]),
        (pa.array(["a", "a"]).dictionary_encode(), ["a", "a"]),
        (pa.array(["a"], pa.large_string()), ["a"]),
        (pa.array([b"Rio"]), ["Rio"]),
        (pa.array([["a", "b"]]), ['["a","b"]']),
        (pa.nulls(1), [None]),
    ],
    ids=["integer", "decimal", "double", "boolean", "date", "dictionary", "large", "binary", "list", "null"],
)
def test_parquet_types_become_the_text_people_would_write(column, texts):
    body = parquet(id=column)

    assert [text for (text,) in rows(body, "id")] == texts
    assert parse(body, contract()).absent == ("city",)


@pytest.mark.parametrize(
    ("column", "moments"),
    [
        (pa.array([dt.datetime(2026, 1, 2, 3, 4, 5, 678)]), ["2026-01-02T03:04:05.000678"]),
        (pa.array([dt.datetime(2026, 1, 2)], pa.timestamp("ns")), ["2026-01-02T00:00:00"]),
        (
            pa.array([dt.datetime(2026, 1, 1, 23)], pa.timestamp("us", "Europe/Berlin")),
            ["2026-01-01T23:00:00"],
        ),
        (pa.array([dt.datetime(2026, 1, 2)], pa.timestamp("us", "Europe/Berlin")), ["2026-01-02T00:00:00"]),
    ],
    ids=["microseconds", "midnight", "midnight in Berlin", "midnight in UTC"],
)
def test_a_parquet_timestamp_keeps_its_moment_in_utc(column, moments):
    found = [
        dt.datetime.fromisoformat(text).replace(tzinfo=None) for (text,) in rows(parquet(id=column), "id")
    ]

    assert found == [dt.datetime.fromisoformat(moment) for moment in moments]


def test_unknown_parquet_columns_are_rescued():
    assert rows(parquet(id=["1"], colour=["red"]), "id", "_rescued") == [("1", '{"colour":"red"}')]


def test_parquet_text_that_means_null_is_null():
    assert rows(parquet(id=["1"], city=["NA"]), null_values=("NA",)) == [("1", None)]


def test_a_parquet_file_without_rows_is_a_file_without_rows():
    parsed = parse(parquet(id=pa.array([], pa.string())), contract())

    assert parsed.rows.num_rows == 0
