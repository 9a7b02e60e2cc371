"""Customer 360: the health score at its boundaries, and the sums behind it, as of a date and never by the clock."""

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from dataops_platform.core.as_of import AsOf, endings, versions
from dataops_platform.layers.schemas import silver_schema
from dataops_platform.tables import load_tables

AS_OF = date(2026, 1, 31)
LONG_AGO = date(2025, 1, 1)
TABLES = {table.name: table for table in load_tables()}
PRODUCT = TABLES["customer_360"]


def frame(session, name, rows):
    """Silver rows of a table, as versions of their keys."""
    contract = TABLES[name].contract
    told = [{"ingestion_date": AS_OF, **row} for row in rows]
    silver = session.createDataFrame(pa.Table.from_pylist(told, silver_schema(contract)))
    return versions(silver, contract.key, endings(silver, contract.key))


def snapshot(engine, *, as_of=(AS_OF,), customers=({"customer_id": "c"},), **sources):
    """The rows of the product, by as-of date and customer."""
    session = engine.session
    dates = AsOf(session.createDataFrame(pa.table({"ingestion_date": pa.array(as_of, pa.date32())})))
    given = {"customers": customers, "transactions": (), "web_events": (), "support_tickets": (), **sources}
    # An engine does not take a table without rows: a version of nobody stands for none.
    nobody = [{"customer_id": None, "ingestion_date": date(9000, 1, 1)}]
    frames = {name: frame(session, name, rows or nobody) for name, rows in given.items()}
    found = PRODUCT.function(dates, **frames).toArrow().to_pylist()
    return {(row["ingestion_date"], row["customer_id"]): row for row in found}


def payments(*amounts, on=LONG_AGO):
    return [
        {"customer_id": "c", "transaction_id": f"t{n}", "amount": Decimal(amount), "transaction_date": on}
        for n, amount in enumerate(amounts)
    ]


def tickets(number, status="OPEN"):
    return [{"ticket_id": f"{status}{n}", "customer_id": "c", "status": status} for n in range(number)]


@pytest.mark.parametrize(
    ("sources", "score"),
    [
        ({"transactions": payments("1000.01")}, 100),
        ({"transactions": payments("1000.00")}, 80),
        ({"transactions": payments("500.00", "500.01")}, 100),
        ({"transactions": payments("500.01")}, 80),
        ({"transactions": payments("500.00")}, 30),
        ({"transactions": payments(*["1.00"] * 6)}, 60),
        ({"transactions": payments(*["1.00"] * 5)}, 30),
        ({"transactions": payments("1.00", on=AS_OF - timedelta(days=29))}, 40),
        ({"transactions": payments("1.00", on=AS_OF - timedelta(days=30))}, 30),
        ({"support_tickets": tickets(4)}, 20),
        ({"support_tickets": tickets(3)}, 30),
        ({"support_tickets": tickets(3) + tickets(2, "CLOSED")}, 30),
        ({}, 30),
        ({"transactions": payments("1.00", on=AS_OF), "support_tickets": tickets(4)}, 40),
        ({"transactions": payments(*["1.00"] * 6, on=AS_OF), "support_tickets": tickets(4)}, 60),
    ],
)
def test_the_first_rule_that_holds_gives_the_health_score(engine, sources, score):
    assert snapshot(engine, **sources)[AS_OF, "c"]["customer_health_score"] == score


def test_thirty_days_count_back_from_the_as_of_date_not_from_the_clock(engine):
    days = [date(2018, 3, 2), date(2018, 3, 30), date(2018, 3, 31)]
    early = {"ingestion_date": date(2018, 3, 1)}

    found = snapshot(
        engine,
        as_of=days,
        customers=[{"customer_id": "c", **early}],
        transactions=[{**row, **early} for row in payments("1.00", on=date(2018, 3, 1))],
    )

    assert [found[day, "c"]["customer_health_score"] for day in days] == [40, 40, 30]


def test_what_is_counted_and_summed_is_what_each_source_says_of_the_customer(engine):
    found = snapshot(
        engine,
        transactions=payments("0.10", "0.20", on=date(2026, 1, 5)),
        web_events=[{"event_id": "e", "customer_id": "c", "event_date": date(2026, 1, 6)}],
        support_tickets=tickets(1) + tickets(2, "CLOSED"),
    )[AS_OF, "c"]

    assert (found["transaction_count"], found["total_spend"]) == (2, Decimal("0.30"))
    assert found["last_transaction_date"] == date(2026, 1, 5)
    assert (found["web_event_count"], found["last_web_activity"]) == (1, date(2026, 1, 6))
    assert (found["support_ticket_count"], found["open_tickets"]) == (3, 1)


def test_a_customer_of_whom_nothing_else_is_known_has_zeros_and_no_dates(engine):
    found = snapshot(engine)[AS_OF, "c"]

    counts = ("transaction_count", "web_event_count", "support_ticket_count", "open_tickets")
    assert [found[name] for name in counts] == [0, 0, 0, 0]
    assert found["total_spend"] == Decimal("0.00")
    assert (found["last_transaction_date"], found["last_web_activity"]) == (None, None)


def test_what_is_said_of_nobody_known_is_in_no_row(engine):
    stranger = [{**row, "customer_id": "stranger"} for row in payments("5.00")]

    assert list(snapshot(engine, transactions=stranger)) == [(AS_OF, "c")]


def test_each_date_sees_the_version_of_a_key_ingested_last_up_to_it(engine):
    monday, tuesday = AS_OF - timedelta(days=1), AS_OF

    found = snapshot(
        engine,
        as_of=[monday, tuesday],
        customers=[
            {"customer_id": "c", "name": "Ana", "ingestion_date": monday},
            {"customer_id": "c", "name": "Ana Maria", "ingestion_date": tuesday},
        ],
        support_tickets=[
            {"ticket_id": "s", "customer_id": "c", "status": "OPEN", "ingestion_date": monday},
            {"ticket_id": "s", "customer_id": "c", "status": "CLOSED", "ingestion_date": tuesday},
        ],
    )

    seen = {day: (row["name"], row["open_tickets"]) for (day, _), row in found.items()}
    assert seen == {monday: ("Ana", 1), tuesday: ("Ana Maria", 0)}


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (lambda rows: rows, (True, True)),
        (lambda rows: [row for row in rows if row["customer_id"] != "d"], (False, True)),
        (
            lambda rows: [{**row, "total_spend": row["total_spend"] + Decimal("0.01")} for row in rows],
            (True, False),
        ),
    ],
    ids=["sound", "customer lost", "a cent too much"],
)
def test_a_snapshot_that_lost_a_customer_or_a_cent_does_not_reconcile_with_silver(engine, change, holds):
    session = engine.session
    as_of = AsOf(session.createDataFrame(pa.table({"ingestion_date": pa.array([AS_OF], pa.date32())})))
    sources = {
        "customers": frame(session, "customers", [{"customer_id": "c"}, {"customer_id": "d"}]),
        "transactions": frame(session, "transactions", payments("1.10", "2.20")),
    }
    rows = [
        {"ingestion_date": AS_OF, "customer_id": "c", "total_spend": Decimal("3.30")},
        {"ingestion_date": AS_OF, "customer_id": "d", "total_spend": Decimal("0.00")},
    ]
    schema = pa.schema(
        {"ingestion_date": pa.date32(), "customer_id": pa.string(), "total_spend": pa.decimal128(18, 2)}
    )
    published = session.createDataFrame(pa.Table.from_pylist(change(rows), schema))

    assert PRODUCT.reconcile is not None
    [row] = PRODUCT.reconcile(published, as_of, **sources).toArrow().to_pylist()

    assert tuple(row[name] for name in PRODUCT.reconciled) == holds
