"""Lineage of the tables that ship: each column against what a person reads in the table's file."""

import pytest

from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.errors import NoSuchColumn
from dataops_platform.layers.recipes import recipes
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables

# What decides, beside the values themselves, what is known of a customer: keys, and on which dates they came.
CUSTOMER = {"silver/customers.customer_id"}
BOUGHT = CUSTOMER | {
    f"silver/transactions.{name}" for name in ("customer_id", "transaction_id", "ingestion_date")
}
DID = CUSTOMER | {f"silver/web_events.{name}" for name in ("customer_id", "event_id", "ingestion_date")}
ASKED = CUSTOMER | {
    f"silver/support_tickets.{name}" for name in ("customer_id", "ticket_id", "ingestion_date")
}
AMOUNT, PAID_ON = "silver/transactions.amount", "silver/transactions.transaction_date"
STATUS = "silver/support_tickets.status"
CUSTOMER_360 = {
    **{
        name: ({f"silver/customers.{name}"}, set())
        for name in ("customer_id", "name", "email", "signup_region", "signup_date", "city")
    },
    "transaction_count": (set(), BOUGHT),
    "total_spend": ({AMOUNT}, BOUGHT),
    "last_transaction_date": ({PAID_ON}, BOUGHT),
    "web_event_count": (set(), DID),
    "last_web_activity": ({"silver/web_events.event_date"}, DID),
    "support_ticket_count": (set(), ASKED),
    "open_tickets": (set(), ASKED | {STATUS}),
    "customer_health_score": (set(), BOUGHT | ASKED | {AMOUNT, PAID_ON, STATUS}),
    "ingestion_date": (set(), set()),
}
# Of each source: the columns a row is refused by, as a whole row, and those that are converted by a pattern.
REFUSED_BY = {
    "customers": {"customer_id", "signup_date"},
    "products": {"product_id", "price"},
    "support_tickets": {"ticket_id", "opened_date"},
    "transactions": {"customer_id", "transaction_id", "transaction_date", "amount"},
    "web_events": {"event_id", "event_date"},
}
CONVERTED = {"signup_date", "price", "opened_date", "transaction_date", "amount", "event_date"}
EVENT_DATE = {
    "customers": "signup_date",
    "support_tickets": "opened_date",
    "transactions": "transaction_date",
    "web_events": "event_date",
}
LANDED_IN = {"_source_object", "_position", "_ingested_at", "ingestion_date"}
SOURCES = sorted(REFUSED_BY)


@pytest.fixture(scope="module")
def graph():
    """The lineage of the tables that ship."""
    return LineageGraph(recipes(load_tables()), SparkPlans)


def told(origin):
    return origin.values, origin.influences


def test_customer_360_comes_from_what_its_file_says(graph):
    found = graph.table("gold/customer_360")

    assert {name: told(origin) for name, origin in found.columns.items()} == CUSTOMER_360
    assert told(found.rows) == (set(), CUSTOMER | {"silver/customers.ingestion_date"})
    assert found.sources == (
        "silver/customers",
        "silver/transactions",
        "silver/web_events",
        "silver/support_tickets",
    )


@pytest.mark.parametrize("name", SOURCES)
def test_a_column_of_silver_is_made_of_its_namesake_in_bronze_and_decided_by_no_other(graph, name):
    found, bronze = graph.table(f"silver/{name}"), f"bronze/{name}"
    contract = next(table.contract for table in load_tables() if table.name == name)

    for column in (*contract.columns, "_rescued", *LANDED_IN):
        itself = {f"{bronze}.{column}"}
        assert told(found.columns[column]) == (itself, itself if column in CONVERTED else set()), column
    dates = {f"{bronze}.{EVENT_DATE[name]}"} if name in EVENT_DATE else set()
    derived = [column for column in ("year", "month") if column in found.columns]
    assert [told(found.columns[column]) for column in derived] == [(dates, dates)] * (2 if dates else 0)
    assert len(found.columns) == len(contract.columns) + 5 + len(derived)


@pytest.mark.parametrize("name", SOURCES)
def test_rows_are_in_silver_or_quarantine_by_the_same_columns(graph, name):
    by = {f"bronze/{name}.{column}" for column in {*REFUSED_BY[name], "_corrupt_record", *LANDED_IN}}

    for layer in ("silver", "quarantine"):
        assert told(graph.table(f"{layer}/{name}").rows) == (set(), by)


@pytest.mark.parametrize("name", SOURCES)
def test_a_column_of_quarantine_holds_what_landed_in_its_namesake(graph, name):
    found, bronze = graph.table(f"quarantine/{name}"), f"bronze/{name}"

    own = set(found.columns) - {"_reasons", "_contract_version"}
    assert {column: found.columns[column].values for column in own} == {
        column: {f"{bronze}.{column}"} for column in own
    }
    assert found.columns["_reasons"].values == set()
    assert found.columns["_reasons"].influences == graph.table(f"quarantine/{name}").rows.influences
    assert told(found.columns["_contract_version"]) == (set(), set())


@pytest.mark.parametrize("name", SOURCES)
def test_a_column_of_bronze_is_what_lies_in_the_landed_file_under_its_name(graph, name):
    found = graph.table(f"bronze/{name}")

    contract = next(table.contract for table in load_tables() if table.name == name)
    assert {column: told(origin) for column, origin in found.columns.items()} == {
        column: ({f"landing/{name}.{column}"} if column in contract.columns else set(), set())
        for column in (*contract.columns, "_rescued", "_corrupt_record", "_absent", *LANDED_IN)
    }


def test_nothing_of_what_ships_is_unknown(graph):
    tables = [graph.table(asset) for asset in graph.assets]

    assert not [name for table in tables for name, origin in table.of() if origin.unknown]
    assert not [table.asset for table in tables if table.rows.unknown]


def test_downstream_of_a_column_are_the_columns_and_tables_that_break_without_it(graph):
    found = graph.downstream_of("silver/transactions.amount")

    assert found.values == ("gold/customer_360.total_spend",)
    assert found.influences == ("gold/customer_360.customer_health_score",)
    assert found.rows == ()
    assert found.tables == ("gold/customer_360",)


def test_downstream_of_what_lands_reaches_gold_through_every_layer(graph):
    found = graph.downstream_of("landing/transactions.amount")

    assert found.values == (
        "bronze/transactions.amount",
        "gold/customer_360.total_spend",
        "quarantine/transactions.amount",
        "silver/transactions.amount",
    )
    assert "gold/customer_360.customer_health_score" in found.influences
    assert found.rows == ("quarantine/transactions", "silver/transactions")
    assert found.tables == (
        "bronze/transactions",
        "gold/customer_360",
        "quarantine/transactions",
        "silver/transactions",
    )


def test_downstream_of_a_column_that_nobody_reads_is_nothing(graph):
    assert graph.downstream_of("silver/transactions.payment_type").tables == ()


def test_downstream_of_a_key_are_the_rows_of_what_is_built_from_it(graph):
    found = graph.downstream_of("silver/customers.customer_id")

    assert found.values == ("gold/customer_360.customer_id",)
    assert found.rows == ("gold/customer_360",)


def test_downstream_of_a_table_is_what_any_of_its_columns_reaches(graph):
    found = graph.downstream_of("silver/web_events")

    assert found.values == ("gold/customer_360.last_web_activity",)
    assert found.influences == ("gold/customer_360.web_event_count",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("silver/transaction", "There is no table 'silver/transaction'. Did you mean silver/transactions?"),
        (
            "silver/transactions.amuont",
            "There is no column 'amuont' in silver/transactions. Did you mean amount?",
        ),
        ("landing/products.prize", "There is no column 'prize' in landing/products. Did you mean price?"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_what_was_meant(graph, name, message):
    with pytest.raises(NoSuchColumn) as raised:
        graph.downstream_of(name)

    assert str(raised.value) == message
