"""Judgement: each row carries every reason why it is not accepted, found in as few passes as there are questions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandera.pandas as pa
import pytest
from pyspark.sql.connect.dataframe import DataFrame

from dataops_platform.core.contract import Date, Money, Table, TableContract
from dataops_platform.layers import silver
from dataops_platform.quality.judgement import BROKEN, judged, repeated_keys, without_superseded
from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.quality.landed_rows import DAY, bronze, readings

LATER = datetime(2026, 1, 2, 13, tzinfo=UTC)


def reasons(engine, table, rows):
    """The reasons of each row, in order."""
    found = judged(bronze(engine.session, table, rows), table).orderBy("_position").toArrow()
    return [text.split("\n") if text else [] for text in found[BROKEN].to_pylist()]


def surviving(engine, rows, table=None):
    """The positions of the rows that no later row supersedes."""
    table = table or readings()
    staged = judged(bronze(engine.session, table, rows), table)
    found = without_superseded(staged, table.contract).toArrow().to_pylist()
    return sorted(row["_position"] for row in found if not row[BROKEN])


def test_a_row_carries_every_reason_at_once(engine):
    table = readings(
        amount=pa.Column(Money, [pa.Check.ge(0), pa.Check.ne(-1)], nullable=False),
        read_on=pa.Column(Date, nullable=True),
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


def test_an_unreadable_row_has_that_reason_alone(engine):
    table = readings(amount=pa.Column(Money, pa.Check.ge(0), nullable=False))

    found = reasons(engine, table, [{"reading_id": None, "_corrupt_record": "line has 3 fields"}])

    assert found == [["row_is_readable: the line or file could not be read"]]


def test_no_reason_holds_a_value_of_the_row(engine):
    table = readings(value=pa.Column(str, pa.Check.str_matches("[a-z]+"), nullable=True))

    assert "4711" not in str(reasons(engine, table, [{"value": "4711"}]))


def test_rules_hold_for_the_cleansed_value(engine):
    trimmed = readings(value=pa.Column(str, pa.Check.isin(["on", "off"]), nullable=True))

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
def test_of_rows_sharing_a_key_the_last_landed_stays(engine, rows, last):
    assert surviving(engine, [{"reading_id": "r", **row} for row in rows]) == [last]


def test_equal_keys_of_two_dates_do_not_supersede_each_other(engine):
    tomorrow = DAY + timedelta(days=1)

    assert surviving(engine, [{"reading_id": "r"}, {"reading_id": "r", "ingestion_date": tomorrow}]) == [1, 2]


def test_rows_without_a_key_are_not_duplicates_of_each_other(engine):
    table = readings()
    rows = judged(bronze(engine.session, table, [{"reading_id": None}, {"reading_id": None}]), table)

    assert repeated_keys(rows, table.contract.key).toArrow().num_rows == 0


def test_keys_are_compared_as_published_so_blanks_do_not_make_two_of_one(engine):
    assert surviving(engine, [{"reading_id": "r "}, {"reading_id": " r"}]) == [2]


def test_money_is_typed_exactly(engine):
    table = readings(amount=pa.Column(Money, nullable=True))

    found = judged(bronze(engine.session, table, [{"amount": "9999999999999999.99"}]), table).toArrow()

    assert found["amount"].to_pylist() == [Decimal("9999999999999999.99")]


class CountingEngine:
    """An engine that counts what is computed through it."""

    def __init__(self, engine):
        self._engine = engine
        self.stages = 0

    @property
    def session(self):
        return self._engine.session

    def stage(self, frame):
        self.stages += 1
        return self._engine.stage(frame)

    def stop(self):
        """Nothing is its own."""


def wide(rules):
    """A table of readings with so many rules."""
    columns = {f"c{n}": pa.Column(int, pa.Check.ge(n), nullable=True) for n in range(rules)}
    contract = TableContract(
        name="readings",
        description="One row for each reading.",
        owner="team:home",
        key=("reading_id",),
        columns={"reading_id": pa.Column(str, nullable=False), **columns},
    )
    return Table(contract, lambda rows: rows)


def executions(engine, monkeypatch, platform_of, *, rules, days):
    """How often the engine computed anything while some dates with a broken and a duplicate row were judged."""
    counting, answers = CountingEngine(engine), []
    small = platform_of([wide(rules)], f"{rules}-{days}")
    small.engine = counting
    for number in range(1, days + 1):
        text = "reading_id,c0\n" + "".join(f"r{n},5\n" for n in range(30)) + "r1,-1\n"
        small.land("readings", day(number), text)
    small.load_bronze("readings", [day(number) for number in range(1, days + 1)])
    to_arrow = DataFrame.toArrow
    with monkeypatch.context() as patched:
        patched.setattr(DataFrame, "toArrow", lambda frame: answers.append(1) or to_arrow(frame))
        done = silver.publish(small.ports, small.tables[0], [day(number) for number in range(1, days + 1)])
    assert [verdict.rows for verdict in done.verdicts] == [31] * days
    return counting.stages, len(answers)


def test_what_judging_costs_does_not_grow_with_rules_or_dates(engine, monkeypatch, platform_of):
    few = executions(engine, monkeypatch, platform_of, rules=1, days=1)
    many_rules = executions(engine, monkeypatch, platform_of, rules=60, days=1)
    many_dates = executions(engine, monkeypatch, platform_of, rules=1, days=8)

    assert many_rules == few
    assert many_dates == few
    assert sum(few) <= 6
