"""This room's judgement: landed rows → typed rows that each carry what is wrong with them, and the counts thereof.

Both the verdict on a partition and the reasons of a row come from one evaluation of each rule, which the engine
stages; counting the distinct combinations of reasons then tells everything a contract asks, however many rules it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.verdict import UNIQUE, UNREADABLE, present, valid
from dataops_platform.quality.conversion import converted, expectation
from dataops_platform.quality.rules import broken_rules

#: Technical columns that silver keeps, beside the contract's own.
PROVENANCE = ("_rescued", "_source_object", "_position", "_ingested_at", "ingestion_date")
BROKEN, NULLS, ABSENT = "_broken", "_nulls", "_absent"
SEPARATOR = "\n"
_LANDED = "_landed_"
_UNCONVERTED = "_unconverted"
_NTH, _SECOND = "_nth_from_last", 2
_HASH = "_hash_of_key"
_ORDER = ("_ingested_at", "_source_object", "_position")


def landed(column: str) -> str:
    """Name under which a judged row keeps the text that landed in `column`."""
    return f"{_LANDED}{column}"


def judged(bronze: DataFrame, table: Table, *, keep_landed: bool = False) -> DataFrame:
    """Typed and cleansed rows with `_broken` (reasons, a line each, or empty), `_nulls`, and what had landed.

    The landed text, which quarantine shows, is kept for broken rows, or with `keep_landed` for all.
    """
    contract = table.contract
    fields = contract.fields
    readable = F.col("_corrupt_record").isNull()
    typed = bronze.select(
        *(converted(field).alias(field.name) for field in fields),
        *(F.col(field.name).alias(landed(field.name)) for field in fields),
        "_corrupt_record",
        ABSENT,
        *PROVENANCE,
    )
    unconverted = [
        F.when(
            F.col(landed(f.name)).isNotNull() & F.col(f.name).isNull(),
            F.lit(f"{valid(f.name)}: {expectation(f)}"),
        )
        for f in fields
        if f.kind != "text"
    ]
    found = [
        F.when(~readable, F.lit(f"{UNREADABLE}: the line or file could not be read")),
        *(
            F.when(
                readable & F.col(landed(c)).isNull(), F.lit(f"{present(c)}: no value in a critical column")
            )
            for c in contract.critical
        ),
        *unconverted,
    ]
    nulls = [F.when(readable & F.col(landed(f.name)).isNull(), F.lit(f.name)) for f in fields]
    told = typed.withColumns(
        {_UNCONVERTED: F.concat_ws(SEPARATOR, *found), NULLS: F.concat_ws(SEPARATOR, *nulls)}
    )
    return _with_rules(table.function(told), contract, keep_landed=keep_landed)


def _with_rules(cleansed: DataFrame, contract: TableContract, *, keep_landed: bool) -> DataFrame:
    fields = contract.fields
    rules = [
        F.when(broken, F.lit(f"{valid(column)}: {text}")) for column, text, broken in broken_rules(contract)
    ]
    earlier = F.when(F.col(_UNCONVERTED) != "", F.col(_UNCONVERTED))
    told = cleansed.withColumns({BROKEN: F.concat_ws(SEPARATOR, earlier, *rules)})
    is_kept = F.lit(True) if keep_landed else F.col(BROKEN) != ""
    return told.select(
        *(field.name for field in fields),
        *derived(contract),
        *(F.when(is_kept, F.col(landed(f.name))).alias(landed(f.name)) for f in fields),
        "_corrupt_record",
        ABSENT,
        NULLS,
        BROKEN,
        *PROVENANCE,
    )


def judged_product(built: DataFrame, contract: TableContract) -> DataFrame:
    """Rows of a gold table in the contract's types, each with what is wrong with it; see `judged`."""
    fields = contract.fields
    found = [
        *(
            F.when(F.col(c).isNull(), F.lit(f"{present(c)}: no value in a critical column"))
            for c in contract.critical
        ),
        *(F.when(broken, F.lit(f"{valid(c)}: {text}")) for c, text, broken in broken_rules(contract)),
    ]
    nulls = [F.when(F.col(f.name).isNull(), F.lit(f.name)) for f in fields]
    return built.select(
        *(F.col(f.name).cast(f.spark_type).alias(f.name) for f in fields),
        "ingestion_date",
        F.concat_ws(SEPARATOR, *found).alias(BROKEN),
        F.concat_ws(SEPARATOR, *nulls).alias(NULLS),
        F.lit("").alias(ABSENT),
        F.lit(contract.name).alias("_source_object"),
    )


def derived(contract: TableContract) -> list[Column]:
    """`year` and `month` of the table's event date, where it has one."""
    if contract.event_date is None:
        return []
    return [
        F.year(contract.event_date).cast("int").alias("year"),
        F.month(contract.event_date).cast("int").alias("month"),
    ]


def counts(staged: DataFrame) -> DataFrame:
    """Rows by date, file, null columns and reasons: all that a verdict needs, one scan for any number of rules."""
    return staged.groupBy("ingestion_date", "_source_object", ABSENT, NULLS, BROKEN).agg(
        F.count(F.lit(1)).alias("rows")
    )


def superseded(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """All but the last landed of the rows that share a key within a date: which, and the how manieth from the end.

    Only keys that may repeat are sorted: a window over every row costs ten times the whole judgement. Which they are
    is told by a hash, half the cost of the keys themselves; two keys of one hash are sorted, and then told apart.
    """
    having_key = rows.filter(_has_key(key)).select(
        "ingestion_date", *key, *_ORDER, F.xxhash64("ingestion_date", *key).alias(_HASH)
    )
    repeated = having_key.groupBy(_HASH).agg(F.count(F.lit(1)).alias("_rows")).filter(F.col("_rows") > 1)
    last_first = Window.partitionBy("ingestion_date", *key).orderBy(*(F.desc(column) for column in _ORDER))
    return (
        having_key.join(repeated, _HASH, "left_semi")
        .withColumns({_NTH: F.row_number().over(last_first)})
        .filter(F.col(_NTH) > 1)
        .select("ingestion_date", "_source_object", "_position", _NTH)
    )


def duplicate_counts(superseded_rows: DataFrame) -> DataFrame:
    """By date: keys that occur more than once, and the rows that a later one supersedes."""
    return superseded_rows.groupBy("ingestion_date").agg(
        F.count(F.when(F.col(_NTH) == _SECOND, 1)).alias("keys"), F.count(F.lit(1)).alias("superseded")
    )


def with_superseded(rows: DataFrame, superseded_rows: DataFrame) -> DataFrame:
    """The judged rows, in which those superseded by a later one carry that as a further reason."""
    columns = rows.columns
    found = superseded_rows.select(
        F.col("_source_object").alias("_file"), F.col("_position").alias("_line"), F.lit(True).alias("_found")
    )
    is_same = (rows["_source_object"] == found["_file"]) & (rows["_position"] == found["_line"])
    reason = F.when(F.col("_found"), F.lit(f"{UNIQUE}: a later row of this date has the same key"))
    broken = F.concat_ws(SEPARATOR, F.when(F.col(BROKEN) != "", F.col(BROKEN)), reason)
    return rows.join(found, is_same, "left").withColumns({BROKEN: broken}).select(*columns)


def repeated_product_keys(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """By date: keys of a gold table that occur more than once, and the rows too many."""
    occurrences = rows.groupBy("ingestion_date", *key).agg(F.count(F.lit(1)).alias("_occurrences"))
    return (
        occurrences.filter(F.col("_occurrences") > 1)
        .groupBy("ingestion_date")
        .agg(F.count(F.lit(1)).alias("keys"), F.sum(F.col("_occurrences") - 1).alias("superseded"))
    )


def _has_key(key: Sequence[str]) -> Column:
    return reduce(lambda left, right: left & right, (F.col(column).isNotNull() for column in key))
