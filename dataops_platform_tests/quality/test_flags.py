"""Flags: any number of texts about a row, kept as bits."""

import pytest
from pyspark.sql import functions as F

from dataops_platform.quality.flags import Flags


@pytest.mark.parametrize("count", [1, 61, 62, 63, 124, 200])
def test_each_text_is_told_of_the_rows_it_applies_to_and_of_no_other(engine, count):
    flags = Flags("_broken", tuple(f"text {number}" for number in range(count)))
    rows = engine.session.range(count).select("id")
    raised = ((text, F.col("id") == number) for number, text in enumerate(flags.texts))

    found = rows.withColumns(flags.none()).withColumns(flags.raised(raised))

    told = found.select("id", flags.listed().alias("told"), flags.any().alias("is_any"), *flags.columns)
    for row in told.toArrow().to_pylist():
        assert row["told"] == [f"text {row['id']}"]
        assert flags.of(row) == (f"text {row['id']}",)
        assert row["is_any"]


def test_what_applied_before_still_does_and_an_unknown_condition_does_not_apply(engine):
    flags = Flags("_broken", ("a", "b", "c", "d"))
    rows = engine.session.range(1).withColumns(flags.none()).withColumns(flags.raised([("b", F.lit(True))]))

    found = rows.withColumns(flags.raised([("b", F.lit(False)), ("c", F.lit(None)), ("d", F.lit(True))]))

    [row] = found.select(flags.listed("besides").alias("told"), *flags.columns).toArrow().to_pylist()
    assert row["told"] == ["b", "d", "besides"]
    assert flags.of(row) == ("b", "d")


def test_a_row_to_which_nothing_applies_has_no_texts(engine):
    flags = Flags("_broken", ("a",))

    [row] = (
        engine.session.range(1)
        .withColumns(flags.none())
        .select(flags.listed().alias("told"), flags.any().alias("is_any"))
        .toArrow()
        .to_pylist()
    )

    assert (row["told"], row["is_any"]) == ([], False)
