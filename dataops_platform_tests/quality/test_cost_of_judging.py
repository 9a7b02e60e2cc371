"""The cost of judging: as many scans as there are questions, however many rules and dates there are."""

from collections import Counter

import pandera.pandas as pandera
import pytest
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.readwriter import DataFrameWriter

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.rules import Aggregate, Reference
from dataops_platform.layers import silver
from dataops_platform_tests.layers.small_platform import day

ROOMS = Table(
    TableContract(
        name="rooms",
        description="One row for each room.",
        owner="team:home",
        key=("room_id",),
        columns={"room_id": pandera.Column(str, nullable=False)},
    ),
    lambda rows: rows,
)


def readings(number, *rules, **columns):
    """A table of readings with so many rules for a column each, and these rules and columns."""
    ruled = {f"c{n}": pandera.Column(int, pandera.Check.ge(n), nullable=True) for n in range(number)}
    contract = TableContract(
        name="readings",
        description="One row for each reading.",
        owner="team:home",
        key=("reading_id",),
        columns={"reading_id": pandera.Column(str, nullable=False), **ruled, **columns},
        rules=rules,
    )
    return Table(contract, lambda rows: rows)


@pytest.fixture
def scans(monkeypatch, platform_of):
    """Publishes dates of a table, and counts how often each other table was scanned, and how much was computed."""

    def count(table, *, days, text):
        small = platform_of([ROOMS, table], f"{len(table.contract.columns)}-{days}")
        dates = [day(1).replace(month=1 + number // 28, day=1 + number % 28) for number in range(days)]
        small.land("rooms", dates[0], "room_id\nhall\n")
        for on in dates:
            small.land("readings", on, text)
        small.load_bronze("rooms", dates)
        silver.publish(small.ports, ROOMS, dates[:1])
        small.load_bronze("readings", dates)
        found: Counter[str] = Counter()

        def counted(plan, session):
            told = str(plan.to_proto(session.client))
            for name in ("bronze/readings", "silver/rooms"):
                found[name] += told.count(f"/lake/{name}")
            found["executions"] += 1

        def counted_answer(frame):
            counted(frame._plan, frame.sparkSession)  # noqa: SLF001  # the plan is nowhere else
            return to_arrow(frame)

        def counted_files(writer, *args):
            counted(writer._df, writer._spark)  # noqa: SLF001  # likewise
            return parquet(writer, *args)

        to_arrow, parquet = DataFrame.toArrow, DataFrameWriter.parquet
        with monkeypatch.context() as patched:
            patched.setattr(DataFrame, "toArrow", counted_answer)
            patched.setattr(DataFrameWriter, "parquet", counted_files)
            done = silver.publish(small.ports, table, dates)
        assert all(verdict.is_accepted for verdict in done.verdicts)
        return dict(found)

    return count


def text(*also):
    """A file of thirty readings, one of which breaks a rule and one comes twice, and these."""
    return (
        "\n".join(["reading_id,c0,room", *(f"r{n},5,hall" for n in range(30)), "r30,-1,hall", *also]) + "\n"
    )


@pytest.mark.parametrize(("rules", "days"), [(5, 1), (50, 1), (200, 1), (5, 90)])
def test_landed_rows_are_scanned_once_for_their_keys_and_once_for_all_rules_and_dates(scans, rules, days):
    found = scans(readings(rules), days=days, text=text())

    assert found["bronze/readings"] == 1 + 1
    assert found["executions"] == 4, "keys, rules, counts, and the one row for quarantine"


def test_each_table_that_is_referred_to_is_scanned_once_more(scans):
    room = pandera.Column(str, nullable=True)

    found = scans(readings(5, Reference(("room",), "rooms"), room=room), days=8, text=text())

    assert (found["silver/rooms"], found["bronze/readings"]) == (1, 2)


def test_rows_that_share_a_key_are_settled_without_another_scan_of_what_landed(scans):
    found = scans(readings(5), days=8, text=text("r1,6,hall"))

    assert found["bronze/readings"] == 2
    assert found["executions"] == 5


def test_different_values_are_counted_for_all_rules_in_one_pass_over_judged_rows(scans):
    rules = [Aggregate(column=f"c{n}", statistic="distinct", at_least=0) for n in range(5)]

    found = scans(readings(5, *rules), days=8, text=text())

    assert found["bronze/readings"] == 2
    assert found["executions"] == 5
