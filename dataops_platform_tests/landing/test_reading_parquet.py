"""Parquet: types become the text people would write, so that one contract judges every format."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from dataops_platform_tests.landing.parsed_rows import parquet, parsed, rows


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
    assert parsed(body).absent == ("city",)


def moments(texts, *type_facts):
    """A column of these moments of UTC, in an Arrow timestamp type."""
    return pa.array(texts).cast(pa.timestamp("us")).cast(pa.timestamp(*type_facts))


@pytest.mark.parametrize(
    ("type_facts", "moment"),
    [
        (("us",), "2026-01-02T03:04:05.000678"),
        (("ns",), "2026-01-02T00:00:00"),
        (("us", "Europe/Berlin"), "2026-01-01T23:00:00"),
        (("us", "Europe/Berlin"), "2026-01-02T00:00:00"),
    ],
    ids=["microseconds", "midnight", "midnight in Berlin", "midnight in UTC"],
)
def test_a_parquet_timestamp_keeps_its_moment_in_utc(type_facts, moment):
    [(text,)] = rows(parquet(id=moments([moment], *type_facts)), "id")

    assert dt.datetime.fromisoformat(text).replace(tzinfo=None) == dt.datetime.fromisoformat(moment)


def test_unknown_parquet_columns_are_rescued():
    assert rows(parquet(id=["1"], colour=["red"]), "id", "_rescued") == [("1", '{"colour":"red"}')]


def test_parquet_text_that_means_null_is_null():
    assert rows(parquet(id=["1"], city=["NA"]), null_values=("NA",)) == [("1", None)]


def test_a_parquet_file_without_rows_is_a_file_without_rows():
    found = parsed(parquet(id=pa.array([], pa.string())))

    assert found.rows.num_rows == 0
