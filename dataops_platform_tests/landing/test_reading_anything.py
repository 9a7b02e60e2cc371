"""Whatever bytes land, reading them ends in rows: one bad file must not keep the others from being loaded."""

import gzip

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataops_platform_tests.landing.parsed_rows import CSV, parquet, parsed, rows

PIECES = [
    "id,city",
    "\n",
    "\r",
    "\r\n",
    '"',
    ",",
    "1",
    "Rio",
    "\ufeff",
    "{",
    "}",
    "[",
    '{"id":"1"}',
    "\u2028",
    "\x00",
    " ",
]
SAMPLES = [CSV, gzip.compress(CSV, mtime=0), parquet(id=["1"]), b'{"id":"1"}\n', b'[{"id":"1"}]']


def holds(body):
    """Nothing is raised, and each row has a position of its own, from 1."""
    found = parsed(body).rows["_position"].to_pylist()

    assert sorted(found) == list(range(1, len(found) + 1))


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("\ufeff")
@example("\ufeff\n")
@example("id,city\r1,Rio\r")
@example('id,city\n1,Rio\n"\n')
@example('"')
@example("x" * 200_000)
@example("[1e999]")
@example("[" * 100_000)
def test_any_text_is_read_to_rows_with_positions(text):
    holds(text.encode())


@given(st.binary(max_size=40))
@example(b"\x1f\x8b")
@example(b"\x28\xb5\x2f\xfd")
@example(b"PAR1")
@example(b"PAR1PAR1")
def test_any_bytes_are_read_to_rows_with_positions(body):
    holds(body)


@given(sample=st.sampled_from(SAMPLES), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_damaged_file_is_read_to_rows_with_positions(sample, at, byte):
    at %= len(sample)

    holds(sample[:at] + bytes([byte]) + sample[at + 1 :])


@pytest.mark.parametrize(
    ("body", "cities"),
    [
        (b"id,city\r1,Rio\r2,Bahia\r", ["Rio", "Bahia"]),
        (b'id,city\n1,5" pipe\n2,Bahia\n', ['5" pipe', "Bahia"]),
        ('id,city\n1,"Rio\u2028x"\n2,5" pipe\n'.encode(), ["Rio\u2028x", '5" pipe']),
    ],
    ids=["carriage returns", "an inch", "a line separator and an inch"],
)
def test_unusual_text_is_read_as_it_is_meant(body, cities):
    assert [city for _, city in rows(body)] == cities
