"""Judgement: each row carries every reason why it is not accepted, found in as few passes as there are questions."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dataops_platform.core.contract import Date, Money, Table
from dataops_platform.core.rules import Aggregate, Comparison, Required
from dataops_platform.layers import silver
from dataops_platform.layers.schemas import bronze_schema
from dataops_platform.quality.judgement import judged, nulls
from dataops_platform.quality.judgement import reasons as reasons_of
from dataops_platform_tests.quality.landed_rows import DAY, bronze, readings

LATER = datetime(2026, 1, 2, 13, tzinfo=UTC)


def reasons(engine, table, rows):
    """The reasons of each row, in order."""
    found = judged(bronze(engine.session, table, rows), table).orderBy("_position").toArrow().to_pylist()
    return [list(reasons_of(table.contract).of(row)) for row in found]


@dataclass
class Landed:
    """Bronze rows on their way into the lake."""

    rows: pa.Table

    @property
    def schema(self):
        return self.rows.schema

    def batches(self, dates):
        wanted = pc.is_in(self.rows["ingestion_date"], pa.array(dates, pa.date32()))
        return self.rows.filter(wanted).to_reader()


@pytest.fixture
def surviving(engine, platform_of):
    """Publishes rows, and tells the positions of those in silver; the others are in quarantine, each told why."""

    def published(rows):
        small = platform_of([readings()])
        table = small.tables[0]
        dates = sorted({row.get("ingestion_date", DAY) for row in rows})
        landed = bronze(engine.session, table, rows).toArrow().cast(bronze_schema(table.contract))
        small.ports.lake.replace("bronze/readings", Landed(landed), dates)
        silver.publish(small.ports, table, dates)
        for row in small.rows("quarantine/readings"):
            assert row["_reasons"] == ["key_is_unique: a later row of this date has the same key"]
        assert len(small.rows("quarantine/readings")) + len(small.rows("silver/readings")) == len(rows)
        return small.column("silver/readings", "_position")

    return published


def test_a_row_carries_every_reason_at_once(engine):
    table = readings(
        amount=pandera.Column(Money, [pandera.Check.ge(0), pandera.Check.ne(-1)], nullable=False),
        read_on=pandera.Column(Date, nullable=True),
    )

    found = reasons(
        engine,
        table,
        [
            {"amount": "1.00", "read_on": "2026-01-02"},
            {"reading_id": None, "amount": None},
            {"amount": "-1", "read_on": "2026-02-31"},
            {"amount": "1,5"},
        ],
    )

    assert found[0] == []
    assert found[1] == [
        "reading_id_is_present: no value in a critical column",
        "amount_is_present: no value in a critical column",
    ]
    assert found[2] == [
        "read_on_is_valid: is no date written as yyyy-MM-dd",
        "amount_is_valid: breaks greater_than_or_equal_to(0)",
        "amount_is_valid: breaks not_equal_to(-1)",
    ]
    assert found[3] == ["amount_is_valid: is no number with at most 2 decimals"]


def test_rules_about_several_columns_of_a_row_are_reasons_like_any_other(engine):
    table = readings(
        opened=pandera.Column(Date, nullable=True),
        closed=pandera.Column(Date, nullable=True),
        status=pandera.Column(str, nullable=True),
    )
    rules = (
        Comparison("opened", "<=", "closed"),
        Required("closed", when="status", equals=("CLOSED", "DONE")),
    )
    table = Table(replace(table.contract, rules=rules), table.function)

    found = reasons(
        engine,
        table,
        [
            {"opened": "2026-01-02", "closed": "2026-01-02", "status": "CLOSED"},
            {"opened": "2026-01-03", "closed": "2026-01-02", "status": "OPEN"},
            {"opened": "2026-01-03", "status": " DONE "},
            {"closed": "2026-01-03"},
            {"opened": "2026-01-03", "status": "OPEN"},
        ],
    )

    late = "opened_is_at_most_closed: breaks opened <= closed"
    absent = "closed_is_present_when_status_asks: breaks closed has a value where status is CLOSED or DONE"
    assert found == [[], [late], [absent], [], []]


def test_aggregates_speak_of_the_sound_rows_of_each_date(platform_of):
    table = readings(
        amount=pandera.Column(Money, pandera.Check.ge(0), nullable=True),
        read_on=pandera.Column(Date, nullable=True),
    )
    newest = Aggregate(column="read_on", statistic="max", at_least=timedelta(days=-7))
    total = Aggregate(column="amount", statistic="sum", at_most=Decimal("3.00"))
    small = platform_of([Table(replace(table.contract, rules=(newest, total)), table.function)])
    small.land("readings", DAY, "reading_id,amount,read_on\na,1.50,2025-12-26\nb,1.50,\nc,-9,2025-01-01\n")
    small.land("readings", DAY + timedelta(days=1), "reading_id,amount,read_on\na,1,2025-12-26\nb,2.01,\n")

    [refused] = small.sync().problems

    assert "readings of 2026-01-03 was refused: max of read_on is 2025-12-26 in 2 rows" in refused
    assert "sum of amount is 3.01 in 2 rows, not at most 3.00" in refused
    assert small.column("silver/readings", "reading_id") == ["a", "b"]


def test_different_values_are_counted_among_the_sound_rows_of_all_files_of_a_date(platform_of):
    table = readings(
        amount=pandera.Column(Money, pandera.Check.ge(0), nullable=True),
        place=pandera.Column(str, nullable=True),
    )
    some = Aggregate(column="place", statistic="distinct", at_least=2, at_most=2)
    any_amount = Aggregate(column="amount", statistic="distinct", at_least=0)
    small = platform_of([Table(replace(table.contract, rules=(some, any_amount)), table.function)])
    small.land("readings", DAY, "reading_id,amount,place\na,1,hall\nb,1,hall\nc,-1,attic\n")
    small.land("readings", DAY, "reading_id,place\nd,yard\ne,\n", name="b.csv")
    small.land("readings", DAY + timedelta(days=1), "reading_id,place\na,hall\nb,\n")

    [refused] = small.sync().problems

    assert "readings of 2026-01-03 was refused: distinct of place is 1 in 2 rows" in refused
    assert small.column("silver/readings", "reading_id") == ["a", "b", "d", "e"]


def test_an_unreadable_row_has_that_reason_alone(engine):
    table = readings(amount=pandera.Column(Money, pandera.Check.ge(0), nullable=False))

    unreadable = bronze(engine.session, table, [{"reading_id": None, "_corrupt_record": "line has 3 fields"}])

    [found] = judged(unreadable, table).toArrow().to_pylist()
    assert reasons_of(table.contract).of(found) == ("row_is_readable: the line or file could not be read",)
    assert nulls(table.contract).of(found) == (), "what could not be read is not known to be null"


def test_no_reason_holds_a_value_of_the_row(engine):
    table = readings(value=pandera.Column(str, pandera.Check.str_matches("[a-z]+"), nullable=True))

    assert "4711" not in str(reasons(engine, table, [{"value": "4711"}]))


def test_rules_hold_for_the_cleansed_value(engine):
    trimmed = readings(value=pandera.Column(str, pandera.Check.isin(["on", "off"]), nullable=True))

    assert reasons(engine, trimmed, [{"value": " on "}, {"value": "ON"}])[0] == []


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ([{"_ingested_at": LATER}, {}], 1),
        ([{"_source_object": "s3://landing/b"}, {"_source_object": "s3://landing/a"}], 1),
        ([{}, {}], 2),
        ([{"_ingested_at": LATER}, {"_source_object": "s3://landing/z"}], 1),
    ],
    ids=["by time", "by name", "by position", "time before name"],
)
def test_of_rows_sharing_a_key_the_last_landed_stays(surviving, rows, last):
    assert surviving([{"reading_id": "r", **row} for row in rows]) == [last]


def test_of_many_rows_sharing_a_key_one_stays(surviving):
    assert surviving(
        [{"reading_id": "r"}, {"reading_id": "s"}, {"reading_id": "r"}, {"reading_id": "r"}]
    ) == [2, 4]


def test_equal_keys_of_two_dates_do_not_supersede_each_other(surviving):
    tomorrow = DAY + timedelta(days=1)

    assert surviving([{"reading_id": "r"}, {"reading_id": "r", "ingestion_date": tomorrow}]) == [1, 2]


def test_keys_are_compared_as_published_so_blanks_do_not_make_two_of_one(surviving):
    assert surviving([{"reading_id": "r "}, {"reading_id": " r"}]) == [2]


def test_rows_without_a_key_are_not_duplicates_of_each_other(platform_of):
    small = platform_of([readings()])
    small.land("readings", DAY, "reading_id,x\n,1\n,2\n")

    small.sync()

    assert [row["_reasons"] for row in small.rows("quarantine/readings")] == [
        ["reading_id_is_present: no value in a critical column"]
    ] * 2


def test_money_is_typed_exactly(engine):
    table = readings(amount=pandera.Column(Money, nullable=True))

    found = judged(bronze(engine.session, table, [{"amount": "9999999999999999.99"}]), table).toArrow()

    assert found["amount"].to_pylist() == [Decimal("9999999999999999.99")]
