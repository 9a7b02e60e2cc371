"""What Delta promises holds whichever engine computes the rows, and any reader finds what was published."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, QueryBuilder
from pyspark.sql import functions as F

from dataops_platform.errors import PublishRefused, WriteConflict
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.delta_rows import delta_rows
from dataops_platform_tests.resources.given_rows import MONDAY, NAME, TUESDAY, state

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SCHEMA = pa.schema(
    {
        "id": pa.int64(),
        "name": pa.string(),
        "amount": pa.decimal128(18, 2),
        "at": pa.timestamp("us", tz="UTC"),
        "tags": pa.list_(pa.string()),
        "is_new": pa.bool_(),
        "ratio": pa.float64(),
        "ingestion_date": pa.date32(),
    }
)
COUNT = 6


def table(day, *, name="Å😀\n'", first=0):
    """Rows of one date: exact money, a moment before 1970, a list with a gap in it, and nulls."""
    row = {
        "name": name,
        "amount": Decimal("9999999999999999.99"),
        "at": datetime(1899, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        "tags": ["a", None],
        "is_new": True,
        "ratio": 0.1,
        "ingestion_date": day,
    }
    rows = [{"id": first + number, **row} for number in range(COUNT - 1)]
    return pa.Table.from_pylist([*rows, {"id": first + COUNT - 1, "ingestion_date": day}], SCHEMA)


@pytest.fixture(params=["embedded", "spark"])
def computes(request, engine):
    """The engine that is at work."""
    return engine if request.param == "embedded" else request.getfixturevalue("spark")


@pytest.fixture
def other(computes, engine, spark):
    """The one that is not."""
    return spark if computes is engine else engine


@pytest.fixture
def lake(computes, tmp_path):
    """A lake with rows of Monday and of Tuesday, which this engine has computed."""
    made = DeltaLake(str(tmp_path / "lake"), computes)
    both = pa.concat_tables([table(MONDAY), table(TUESDAY, first=100)])
    made.replace(NAME, computed(computes, both), [MONDAY, TUESDAY])
    return made


def computed(engine, rows):
    """The rows as an engine computes them."""
    return engine.stage(engine.session.createDataFrame(rows)).rows(rows.schema)


@pytest.mark.parametrize(
    ("column", "type_", "told"),
    [
        ("amount", pa.float64(), r"amount is double, not decimal128\(18, 2\)"),
        ("id", pa.int32(), "id is int32, not int64"),
        ("note", pa.string(), "note is unknown"),
    ],
)
def test_rows_of_another_schema_are_refused_and_nothing_changes(lake, computes, column, type_, told):
    before = state(lake)
    rows = table(MONDAY)
    values = pa.array([None] * COUNT, type_)
    index = rows.schema.get_field_index(column)
    wrong = rows.append_column(column, values) if index < 0 else rows.set_column(index, column, values)

    with pytest.raises(PublishRefused, match=told):
        lake.replace(NAME, computed(computes, wrong), [MONDAY])

    assert state(lake) == before


def test_a_computation_that_fails_midway_leaves_the_table_as_it_was(lake, computes):
    before = state(lake)
    frame = computes.session.createDataFrame(table(MONDAY))
    failing = frame.withColumn(
        "id", F.when(F.col("id") < 3, F.col("id")).otherwise(F.raise_error(F.lit("enough")))
    )

    with pytest.raises(Exception, match="enough"):
        lake.replace(NAME, computes.stage(failing).rows(SCHEMA), [MONDAY])

    assert state(lake) == before


class Overtaken:
    """Rows of one engine, which are asked for while another engine publishes its own of the same dates."""

    def __init__(self, rows, publish):
        self._rows, self._publish, self.schema = rows, publish, rows.schema

    def batches(self, dates):
        self._publish()
        return self._rows.batches(dates)


def test_of_two_engines_that_publish_one_date_the_later_is_told_and_the_first_stands(lake, computes, other):
    elsewhere = DeltaLake(lake.url, other)
    theirs = computed(other, table(MONDAY, name="theirs"))
    mine = Overtaken(
        computed(computes, table(MONDAY, name="mine")), lambda: elsewhere.replace(NAME, theirs, [MONDAY])
    )

    with pytest.raises(WriteConflict, match="another writer"):
        lake.replace(NAME, mine, [MONDAY])

    names = {row["name"] for row in delta_rows(DeltaTable(f"{lake.url}/{NAME}"), of=MONDAY)}
    assert names == {"theirs", None}


def test_two_engines_that_publish_different_dates_both_do(lake, computes, other):
    elsewhere = DeltaLake(lake.url, other)
    theirs = computed(other, table(TUESDAY, name="theirs"))
    mine = Overtaken(
        computed(computes, table(MONDAY, name="mine")), lambda: elsewhere.replace(NAME, theirs, [TUESDAY])
    )

    lake.replace(NAME, mine, [MONDAY])

    assert {row["name"] for row in delta_rows(DeltaTable(f"{lake.url}/{NAME}"))} == {"mine", "theirs", None}


@pytest.fixture
def readers(engine, spark):
    """Each reader of Delta by its name: what it makes of a version of the table at a path."""

    def by_engine(used):
        return lambda path, version: (
            used.session.read.format("delta").option("versionAsOf", version).load(path).toArrow()
        )

    def by_duckdb(path, version):
        files = DeltaTable(path, version=version).file_uris()
        return duckdb.read_parquet(files, hive_partitioning=True).to_arrow_table()

    return {
        "sail": by_engine(engine),
        "spark": by_engine(spark),
        "polars": lambda path, version: pl.read_delta(path, version=version).to_arrow(),
        "duckdb": by_duckdb,
        "delta-rs": lambda path, version: (
            QueryBuilder()
            .register("rows", DeltaTable(path, version=version))
            .execute("SELECT * FROM rows")
            .read_all()
        ),
    }


def types(schema):
    """Each column's type, without what readers spell in their own ways."""
    spelt = {
        "large_": "",
        "string_view": "string",
        "element: ": "",
        "item: ": "",
        "l: ": "",
        "Etc/UTC": "UTC",
    }
    found = {field.name: str(field.type) for field in schema}
    for theirs, ours in spelt.items():
        found = {name: told.replace(theirs, ours) for name, told in found.items()}
    return found


def told(rows):
    """Rows in an order of their own."""
    same = pa.table(rows).select(SCHEMA.names).cast(SCHEMA)
    return sorted(repr(sorted(row.items())) for row in same.to_pylist())


# One engine's table is enough: it is delta-rs that writes the files, and each look of Spark's own reader takes seconds.
@pytest.mark.parametrize("computes", ["spark"], indirect=True)
def test_every_reader_finds_the_same_rows_of_the_same_types_now_and_as_they_were(lake, computes, readers):
    path = f"{lake.url}/{NAME}"
    before = DeltaTable(path).version()
    lake.replace(NAME, computed(computes, table(MONDAY, name="later")), [MONDAY])
    was = pa.concat_tables([table(MONDAY), table(TUESDAY, first=100)])
    now = pa.concat_tables([table(MONDAY, name="later"), table(TUESDAY, first=100)])

    for reader, read in readers.items():
        for version, rows in ((before, was), (before + 1, now)):
            found = read(path, version)
            assert types(pa.table(found).schema) == types(SCHEMA), reader
            assert told(found) == told(rows), f"{reader} of version {version}"
