"""This room's uniqueness: which rows share a key within a date, found with one scan of the keys alone.

Only keys that may repeat are sorted: a window over every row costs ten times the whole judgement. Which they are is
told by a hash, half the cost of the keys themselves; two keys of one hash are sorted, and then told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

#: Marks the rows whose key may occur more than once.
REPEATED = "_is_repeated"
#: Marks the rows that earlier ones of the same key gave way to.
LATEST = "_is_latest_of_several"
_HASH = "_hash_of_key"
_ORDER = ("_ingested_at", "_source_object", "_position")


def repeated(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """The hashes that more than one row with a key has."""
    hashes = rows.select(_hash(key).alias(_HASH)).filter(F.col(_HASH).isNotNull())
    return (
        hashes.groupBy(_HASH).agg(F.count(F.lit(1)).alias("_rows")).filter(F.col("_rows") > 1).select(_HASH)
    )


def with_repeated(rows: DataFrame, key: Sequence[str], hashes: DataFrame | None) -> DataFrame:
    """The rows, of which those with one of the `hashes` are marked."""
    if hashes is None:
        return rows.withColumns({REPEATED: F.lit(False)})
    hashed = rows.withColumns({_HASH: _hash(key)})
    found = hashes.select(F.col(_HASH).alias("_repeated_hash"), F.lit(True).alias("_found"))
    joined = hashed.join(found, hashed[_HASH] == found["_repeated_hash"], "left")
    return joined.withColumns({REPEATED: F.coalesce("_found", F.lit(False))}).drop(
        _HASH, "_repeated_hash", "_found"
    )


def ranked(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """Of the marked rows those that do share their key with another of their date: which, and the last landed or not.

    Columns: `_file`, `_line`, and `_is_latest`, true for one row of each key.
    """
    same = Window.partitionBy("ingestion_date", *key)
    last_first = same.orderBy(*(F.desc(column) for column in _ORDER))
    return (
        rows.filter(F.col(REPEATED))
        .select("ingestion_date", *key, *_ORDER)
        .withColumns({"_nth": F.row_number().over(last_first), "_of": F.count(F.lit(1)).over(same)})
        .filter(F.col("_of") > 1)
        .select(
            F.col("_source_object").alias("_file"),
            F.col("_position").alias("_line"),
            (F.col("_nth") == 1).alias("_is_latest"),
        )
    )


def repeated_product_keys(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """By date: keys of a gold table that occur more than once, and the rows too many."""
    occurrences = rows.groupBy("ingestion_date", *key).agg(F.count(F.lit(1)).alias("_occurrences"))
    return (
        occurrences.filter(F.col("_occurrences") > 1)
        .groupBy("ingestion_date")
        .agg(F.count(F.lit(1)).alias("keys"), F.sum(F.col("_occurrences") - 1).alias("superseded"))
    )


def _hash(key: Sequence[str]) -> Column:
    has_key = reduce(lambda left, right: left & right, (F.col(column).isNotNull() for column in key))
    return F.when(has_key, F.xxhash64("ingestion_date", *key))
