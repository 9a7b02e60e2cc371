"""This room's references: whether what a row refers to was known on its ingestion date, by one scan of those keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import TableContract
from dataops_platform.core.rules import Reference

_SINCE = "_known_since"


def known_keys(published: DataFrame, contract: TableContract) -> DataFrame:
    """The keys that silver of a table holds, each with the first ingestion date it was known on.

    A key that was published once is known for ever: later dates bring other versions of it, and none takes it away.
    """
    return published.groupBy(*contract.key).agg(F.min("ingestion_date").alias(_SINCE))


def with_known(rows: DataFrame, contract: TableContract, known: Mapping[str, DataFrame]) -> DataFrame:
    """The rows, with a column for each reference that is true where what it refers to is in `known`, by its table."""
    for rule in contract.references:
        keys = known.get(rule.table)
        rows = rows.withColumns({_mark(rule): F.lit(False)}) if keys is None else _marked(rows, rule, keys)
    return rows


def _marked(rows: DataFrame, rule: Reference, keys: DataFrame) -> DataFrame:
    names = [f"{_mark(rule)}_{number}" for number in range(len(rule.columns))]
    since = f"{_mark(rule)}_since"
    theirs = keys.select(
        *(F.col(key).alias(name) for key, name in zip(keys.columns, names, strict=False)),
        F.col(_SINCE).alias(since),
    )
    same = (rows[column] == theirs[name] for column, name in zip(rule.columns, names, strict=True))
    joined = rows.join(theirs, reduce(lambda left, right: left & right, same), "left")
    is_known = F.coalesce(F.col(since) <= F.col("ingestion_date"), F.lit(False))
    return joined.withColumns({_mark(rule): is_known}).drop(*names, since)


def is_broken(rule: Reference) -> Column:
    """True for a row that refers to something that was not known."""
    refers = reduce(lambda left, right: left & right, (F.col(name).isNotNull() for name in rule.columns))
    return refers & ~F.col(_mark(rule))


def _mark(rule: Reference) -> str:
    return f"_{rule.check}"
