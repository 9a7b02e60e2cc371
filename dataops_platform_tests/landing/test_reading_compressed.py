"""Compressed and cut-off files: told by content, and read whole or not at all."""

import gzip

import pytest
import zstandard

from dataops_platform_tests.landing.parsed_rows import CSV, parquet, rows, unreadable


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
