"""Lineage of what ships against what computing it tells; and that what lineage reads is what is published."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from dataops_platform.catalog.lineage import table_lineage
from dataops_platform.layers.recipes import recipes
from dataops_platform.layers.schemas import silver_schema
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import day

RECIPES = recipes(load_tables())
CUSTOMER_360 = RECIPES["gold/customer_360"]
DAYS = [date(2026, 1, number) for number in (1, 2, 3)]
ONE, TWO, THREE = DAYS
PEOPLE = [
    {"customer_id": "a", "name": "Ana", "signup_region": "N", "signup_date": ONE, "city": "X", "on": ONE},
    {"customer_id": "a", "name": "Ann", "signup_region": "N", "signup_date": ONE, "city": "Y", "on": THREE},
    {
        "customer_id": "b",
        "email": "b@x.org",
        "signup_region": "S",
        "signup_date": TWO,
        "city": "Z",
        "on": TWO,
    },
    {"customer_id": "c", "name": "Cem", "signup_region": "S", "signup_date": TWO, "city": "Z", "on": TWO},
]
PAYMENTS = [
    {"customer_id": who, "transaction_id": one, "amount": Decimal(amount), "transaction_date": paid, "on": on}
    for who, one, amount, paid, on in (
        ("a", "t1", "600.00", date(2025, 1, 1), ONE),
        ("a", "t1", "5.00", date(2025, 12, 31), THREE),
        ("b", "t2", "7.00", date(2025, 12, 30), TWO),
        ("b", "t3", "400.00", date(2025, 12, 29), THREE),
    )
]
EVENTS = [
    {"event_id": "e1", "customer_id": "a", "event_type": "view", "event_date": ONE, "on": ONE},
    {"event_id": "e2", "customer_id": "b", "event_type": "view", "event_date": TWO, "on": TWO},
]
TICKETS = [
    {"ticket_id": f"s{number}", "customer_id": "c", "status": "OPEN", "opened_date": ONE, "on": ONE}
    for number in range(4)
]
ROWS = {"customers": PEOPLE, "transactions": PAYMENTS, "web_events": EVENTS, "support_tickets": TICKETS}
# Other values for a column, taken in turns; no two rows of a date have the same key by them.
KEYS = [[f"k{number}" for number in range(9)]]
OTHERS = {
    "customer_id": [["b", "a"], ["q", "r"]],
    "transaction_id": KEYS,
    "event_id": KEYS,
    "ticket_id": KEYS,
    "amount": [[Decimal("1200.00"), Decimal("0.01")]],
    "ingestion_date": [[TWO, THREE], [THREE, ONE]],
    "status": [["CLOSED", None]],
}
TEXTS, DATES = [["p", None]], [[date(2025, 6, 1), date(2025, 12, 20)]]


def tables(changes=None):
    """What the product is given, in which some columns hold other values."""
    found = {"as_of": pa.table({"ingestion_date": pa.array(DAYS, pa.date32())})}
    for name, rows in ROWS.items():
        schema = silver_schema(next(t.contract for t in load_tables() if t.name == name))
        told = [{**row, "ingestion_date": row["on"]} for row in rows]
        for column, values in (changes or {}).get(name, {}).items():
            told = [{**row, column: values[n % len(values)]} for n, row in enumerate(told)]
        found[f"silver/{name}"] = pa.Table.from_pylist(told, schema)
    return found


def as_it_is(frame):
    """A frame need not be kept where it is computed anyway."""
    return frame


def snapshot(engine, changes=None):
    assert CUSTOMER_360.compute is not None
    frames = {name: engine.session.createDataFrame(table) for name, table in tables(changes).items()}
    return CUSTOMER_360.compute(frames, as_it_is).select(*CUSTOMER_360.columns).toArrow().to_pylist()


def projected(rows, columns):
    return sorted(repr([row[name] for name in columns]) for row in rows)


def other_values(column, field):
    return OTHERS.get(column, DATES if pa.types.is_date(field.type) else TEXTS)


@pytest.mark.integration
def test_each_column_of_customer_360_changes_with_its_lineage_and_with_nothing_else(engine):
    lineage, before = table_lineage(CUSTOMER_360, SparkPlans), snapshot(engine)
    seen: dict[str, set[str]] = {name: set() for name in CUSTOMER_360.columns}
    for name in ROWS:
        for field in tables()[f"silver/{name}"].schema:
            source = f"silver/{name}.{field.name}"
            if field.name in {"year", "month"} or field.name.startswith("_"):
                continue
            others = [
                column
                for column, origin in lineage.columns.items()
                if source not in origin.values | origin.influences
            ]
            for values in other_values(field.name, field):
                after = snapshot(engine, {name: {field.name: values}})
                if source not in lineage.rows.influences:
                    assert projected(after, others) == projected(before, others), source
                for column in CUSTOMER_360.columns:
                    if projected(after, [column]) != projected(before, [column]):
                        seen[column].add(source)

    for column, origin in lineage.columns.items():
        assert origin.values <= seen[column], column
    # Beside its own customers, a score follows what is bought and asked: no condition of it is told in vain.
    score = lineage.columns["customer_health_score"]
    said = {
        "silver/transactions.amount",
        "silver/transactions.transaction_date",
        "silver/support_tickets.status",
    }
    assert said <= score.influences & seen["customer_health_score"]


@pytest.mark.integration
@pytest.mark.slow
def test_what_lineage_reads_computes_what_is_published(platform_of, shipped_tables, engine):
    small = platform_of(shipped_tables)
    small.land("customers", day(2), "customer_id,email,signup_date\nc1,A@X.org,2026-01-01\nc2,,x\n")
    header = "customer_id,transaction_id,transaction_date,amount\n"
    small.land(
        "transactions",
        day(2),
        header
        + "c1,t1,2026-01-01,1.50\n" * 2
        + "c1,t2,2026-01-01,x\n"
        + "".join(f"c1,u{number},2026-01-02,2.00\n" for number in range(40)),
    )
    small.land("support_tickets", day(3), "ticket_id,customer_id,status\ns1,c1,OPEN\n")
    assert not small.sync().problems

    for asset in ("silver/customers", "silver/transactions", "quarantine/transactions", "gold/customer_360"):
        recipe = RECIPES[asset]
        frames = {name: small.ports.lake.frame(name) for name in recipe.given if name != "as_of"}
        for name, given in recipe.given.items():
            if frames.get(name) is None:
                empty = ", ".join(f"`{column}` {type_}" for column, type_ in given.columns.items())
                frames[name] = engine.session.createDataFrame([], schema=empty)
        if "as_of" in recipe.given:
            dates = pa.array(sorted({row["ingestion_date"] for row in small.rows(asset)}), pa.date32())
            frames["as_of"] = engine.session.createDataFrame(pa.table({"ingestion_date": dates}))
        assert recipe.compute is not None
        computed = recipe.compute(frames, as_it_is).select(*recipe.columns).toArrow().to_pylist()

        published = small.rows(asset)
        assert published
        assert projected(computed, recipe.columns) == projected(published, recipe.columns), asset
