"""Large files: read in pieces that are put on disk, to the same rows as if they had been held in memory at once."""

import gzip
import re
import tracemalloc

import pyarrow as pa
import pytest

from dataops_platform.landing import csv_files, json_files, parquet_files, parsed, unpacked
from dataops_platform.landing.readers import parse
from dataops_platform_tests.landing.parsed_rows import contract, parquet, rows, unreadable

COUNT = 3_000


def lines(**others):
    """A sound line for each number, and some others in the place of it."""
    return [others.get(f"at{number}", f"{number},Rio {number}") for number in range(1, COUNT + 1)]


RAGGED = {"at7": "ragged", "at1500": "a,b,c", "at3000": "ragged"}
CSV_FILE = "\n".join(["id,city", *lines(**RAGGED), ""]).encode()
#: Three quotes that are never closed; an even number of them would be taken for values of many lines.
QUOTED = {"at2": '2,"Rio', "at2500": '2500,"x', "at2501": '2501,"y'}
UNCLOSED = "\n".join(["id,city", *lines(at9="ragged", at2999="ragged", **QUOTED), ""]).encode()
OBJECTS = [f'{{"id":"{number}","city":"Rio {number}","size":{number}}}' for number in range(1, COUNT + 1)]
FILES = {
    "csv": CSV_FILE,
    "csv with unclosed quotes": UNCLOSED,
    "csv with a long row": CSV_FILE + b"9," + b"x" * 50_000 + b"\n",
    "gzip": gzip.compress(CSV_FILE),
    "json lines": "\n".join([*OBJECTS[:99], "no object", *OBJECTS[99:]]).encode(),
    "json array": f"[{','.join(OBJECTS)}]".encode(),
    "json array with one that is none": f"[{','.join(OBJECTS)}, 12345 ]".encode(),
    "json array cut off": f"[{','.join(OBJECTS)}".encode(),
    "parquet": parquet(id=[str(number) for number in range(COUNT)], city=pa.repeat("Rio", COUNT)),
    "parquet with a late time of day": parquet(
        id=[str(number) for number in range(COUNT)], city=pa.array([*[0] * (COUNT - 1), 5_000_000], pa.timestamp("us"))
    ),
    "latin-1": "\n".join(["id,city", *(f"{n},São" for n in range(COUNT))]).encode("latin-1"),
}  # fmt: skip


@pytest.fixture
def small(monkeypatch):
    """Pieces far smaller than these files."""
    for module, name, value in (
        (csv_files, "_BLOCK", 1_000),
        (json_files, "_RECORDS", 70),
        (json_files, "CHUNK", 50),
        (parquet_files, "_ROWS", 64),
        (parsed, "MOST_IN_MEMORY", 10_000),
        (unpacked, "MOST_IN_MEMORY", 10_000),
        (unpacked, "CHUNK", 777),
    ):
        monkeypatch.setattr(module, name, value)


WHOLE = {
    name: (
        rows(body, "_position", "id", "city", "_rescued", encoding=coding),
        unreadable(body, encoding=coding),
    )
    for name, body in FILES.items()
    for coding in ["latin-1" if name == "latin-1" else "utf-8"]
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.usefixtures("small")
def test_a_file_read_in_pieces_gives_the_rows_of_one_read_at_once(name):
    coding = "latin-1" if name == "latin-1" else "utf-8"
    found, broken = WHOLE[name]

    assert rows(FILES[name], "_position", "id", "city", "_rescued", encoding=coding) == found
    assert sorted(unreadable(FILES[name], encoding=coding)) == sorted(broken)
    assert len(found) + len(broken) >= COUNT or name == "json array cut off"


@pytest.mark.usefixtures("small")
def test_ragged_and_unclosed_lines_keep_their_positions_in_pieces():
    assert sorted(position for position, _ in unreadable(CSV_FILE)) == [7, 1500, 3000]
    assert sorted(position for position, _ in unreadable(UNCLOSED)) == [2, 9, 2500, 2501, 2999]
    assert [int(text) for _, text in rows(UNCLOSED, "_position", "id")] == [
        number for number in range(1, COUNT + 1) if number not in {2, 9, 2500, 2501, 2999}
    ]


def test_a_file_far_larger_than_what_is_held_in_memory_is_read(monkeypatch):
    monkeypatch.setattr(parsed, "MOST_IN_MEMORY", 1 << 20)
    monkeypatch.setattr(unpacked, "MOST_IN_MEMORY", 1 << 20)
    line = b"1," + b"Rio de Janeiro " * 20 + b"\n"
    count = (64 << 20) // len(line)
    pool = pa.default_memory_pool()
    with unpacked.spool() as file:
        file.write(b"id,city\n")
        for _ in range(count):
            file.write(line)
        file.seek(0)
        before = pool.bytes_allocated()
        tracemalloc.start()
        found = parse(file, contract())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        held = pool.bytes_allocated() - before

    assert sum(table.num_rows for table in found.tables()) == count
    assert most < 44 << 20  # pyarrow reads up to 32 blocks of 1 MiB ahead
    assert held < 12 << 20


LONG = b"x" * 15_000


@pytest.mark.parametrize(
    "body",
    [
        b"id,city\n1,Rio\n2," + LONG + b"\n3,Rio\n",
        b'id,city\n1,Rio\n2,"' + LONG + b"\n3,Rio\n",
        b'{"id":"1"}\n{"id":"' + LONG + b'"}\n',
        b'[{"id":"1"},{"id":"' + LONG + b'"}]',
    ],
    ids=["csv", "csv with an unclosed quote", "json lines", "json array"],
)
@pytest.mark.usefixtures("small")
def test_a_file_with_a_row_that_is_too_long_is_refused_with_the_limit(body, monkeypatch):
    for module in (csv_files, json_files):
        monkeypatch.setattr(module, "LONGEST_ROW", 5_000)

    assert rows(body, "id") == []
    (told,) = [told for _, told in unreadable(body)]
    assert re.fullmatch(r"(line [23]|a row|an element of the array) is longer than 5,000 bytes", told)


@pytest.mark.slow
def test_a_line_of_a_gigabyte_is_refused_and_never_held():
    pool = pa.default_memory_pool()
    with unpacked.spool() as file:
        file.write(b"id,city\n1,Rio\n2,")
        for _ in range(1_024):
            file.write(b"x" * (1 << 20))
        file.seek(0)
        before = pool.max_memory()
        tracemalloc.start()
        found = parse(file, contract())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        held = pool.max_memory() - before

    (refused,) = (row for table in found.tables() for row in table.to_pylist())
    assert refused["_corrupt_record"] == "line 3 is longer than 67,108,864 bytes"
    assert most < 160 << 20
    assert held < 64 << 20
