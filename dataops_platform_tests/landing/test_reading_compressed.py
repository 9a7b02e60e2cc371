"""Compressed and cut-off files: told by content, and read whole or not at all."""

import bz2
import gzip
import lzma
import zipfile
from io import BytesIO

import pyarrow as pa
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


def zipped(body):
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.csv", body)
    return sink.getvalue()


ZEROS = b"0" * (65 << 20)
#: A parquet file of a hundred thousand times its size: one value, said over and over.
REPEATED = parquet(id=pa.repeat("1", 20_000_000))


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (zipped(CSV), "the file is a zip archive; land what is in it"),
        (gzip.compress(zipped(CSV)), "the file is a zip archive; land what is in it"),
        (zstandard.compress(zipped(CSV)), "the file is a zip archive; land what is in it"),
        (bz2.compress(CSV), "the file is packed with bzip2"),
        (lzma.compress(CSV), "the file is packed with xz"),
        (gzip.compress(gzip.compress(CSV)), "the file is packed twice"),
        (zstandard.compress(gzip.compress(CSV)), "the file is packed twice"),
        (gzip.compress(ZEROS), "the file unpacks from"),
        (zstandard.compress(ZEROS), "the file unpacks from"),
        (REPEATED, "the file has 20,000,000 rows in"),
    ],
    ids=["zip", "zip in gzip", "zip in zstandard", "bzip2", "xz", "gzip in gzip", "gzip in zstandard", "gzip bomb",
         "zstandard bomb", "parquet bomb"],
)  # fmt: skip
def test_an_archive_a_file_packed_twice_and_a_bomb_are_refused_with_a_reason(packed, reason):
    assert rows(packed) == []
    [(position, told)] = unreadable(packed)
    assert (position, told[: len(reason)]) == (1, reason)
