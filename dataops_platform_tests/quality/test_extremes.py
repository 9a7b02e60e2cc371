"""Extremes: many columns and huge cells are judged like any others."""

import pandera.pandas as pandera
import pytest

from dataops_platform_tests.quality.landed_rows import DAY, readings


@pytest.mark.integration
@pytest.mark.slow
def test_two_thousand_columns_are_judged(platform_of):
    names = [f"c{n}" for n in range(2_000)]
    small = platform_of(
        [readings(**{n: pandera.Column(int, pandera.Check.ge(0), nullable=True) for n in names})]
    )
    sound, broken = ",".join(["1"] * 2_000), ",".join(["1"] * 1_999 + ["-1"])
    small.land("readings", DAY, f"reading_id,{','.join(names)}\na,{sound}\nb,{broken}\n")

    assert small.sync().problems == []

    assert small.column("silver/readings", "reading_id") == ["a"]
    [row] = small.rows("quarantine/readings")
    assert row["_reasons"] == ["c1999_is_valid: breaks greater_than_or_equal_to(0)"]


def test_a_cell_of_ten_megabytes_is_kept_whole(platform_of):
    small = platform_of([readings(note=pandera.Column(str, nullable=True))])
    huge = "x" * 10_000_000
    small.land("readings", DAY, f"reading_id,note\na,{huge}\n")

    assert small.sync().problems == []

    assert small.column("silver/readings", "note") == [huge]
