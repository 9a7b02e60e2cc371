"""Lineage of what runs: on every materialisation in Dagster, and in OpenLineage's events where it is configured."""

import os
import subprocess
import sys

import dagster as dg
import pytest
from pyspark.sql import functions as F

from dataops_platform.core.contract import Table
from dataops_platform_tests.catalog.lineage_endpoint import lineage_endpoint
from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.layers.test_dagster_events import REFUSED, SOUND

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def landed(small):
    """Customers of one date, and payments of two, of which the second is refused."""
    small.land("customers", day(2), "customer_id\nc1\n")
    for number, text in ((2, SOUND), (3, REFUSED)):
        small.land("transactions", day(number), text)
    return small


def metadata(small, key):
    """What the last materialisation of an asset says."""
    [record] = small.instance.fetch_materializations(dg.AssetKey(key.split("/")), limit=1).records
    return record.asset_materialization.metadata


def deps(small, key, column):
    lineage = metadata(small, key)["dagster/column_lineage"].value
    return {f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in lineage.deps_by_column[column]}


def test_each_materialisation_says_where_its_columns_come_from(platform_of, shipped_tables):
    small = landed(platform_of(shipped_tables))
    small.sync()

    assert deps(small, "bronze/transactions", "amount") == {"landing/transactions.amount"}
    assert deps(small, "silver/transactions", "year") == {"bronze/transactions.transaction_date"}
    assert deps(small, "quarantine/transactions", "amount") == {"bronze/transactions.amount"}
    assert deps(small, "gold/customer_360", "total_spend") == {"silver/transactions.amount"}
    # Made of no value: what decides it stands in.
    assert "silver/support_tickets.status" in deps(small, "gold/customer_360", "customer_health_score")
    told = told_of(small, "gold/customer_360")
    assert told["total_spend"]["made of"] == "silver/transactions.amount"
    assert told["support_ticket_count"] == {
        "column": "support_ticket_count",
        "made of": "",
        "chosen by": "silver/customers.customer_id, silver/support_tickets.customer_id, "
        "silver/support_tickets.ingestion_date and 1 more",
        "unknown": "",
    }
    assert told["(which rows there are)"]["chosen by"] == (
        "silver/customers.customer_id, silver/customers.ingestion_date"
    )


def told_of(small, key):
    """What the table of an asset's lineage says of each column, as people see it in Dagster."""
    return {record.data["column"]: record.data for record in metadata(small, key)["lineage"].records}


def test_a_column_that_cannot_be_read_is_named_on_the_materialisation_with_the_reason(
    platform_of, shipped_tables
):
    products = next(table for table in shipped_tables if table.name == "products")
    opaque = Table(products.contract, lambda rows: rows.withColumns({"name": F.expr("upper(name)")}))
    small = platform_of([opaque])
    small.land("products", day(2), "product_id,name\np1,cup\n")

    assert not small.sync().problems

    assert small.column("silver/products", "name") == ["CUP"]
    told = told_of(small, "silver/products")
    assert told["name"]["unknown"] == "expression_string is not read"
    assert {one["unknown"] for name, one in told.items() if name != "name"} == {""}


def test_where_not_even_the_rows_are_known_the_materialisation_says_so(platform_of, shipped_tables):
    products = next(table for table in shipped_tables if table.name == "products")
    opaque = Table(products.contract, lambda rows: rows.limit(rows.count()))
    small = platform_of([opaque])
    small.land("products", day(2), "product_id,name\np1,cup\n")

    assert not small.sync().problems

    told = told_of(small, "silver/products")
    assert {one["unknown"] for one in told.values()} == {"a plan alone does not answer to_table"}


def test_openlineage_is_told_of_each_step_how_it_ended_and_what_it_wrote(platform_of, shipped_tables):
    small = landed(platform_of(shipped_tables))
    folders = {f"DATAOPS_{name.upper()}_URL": str(small.folder / name) for name in ("landing", "lake")}
    with lineage_endpoint() as endpoint:
        # A process of its own: its steps begin, and tell of it, while it makes its first session.
        variables = os.environ | folders | endpoint.variables | {"DATAOPS_FIRST_DATE": "2026-01-01"}
        del variables["OPENLINEAGE_DISABLED"]
        command = [sys.executable, "-m", "dataops_platform.cli", "sync"]
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=300, check=False
        )

    assert done.returncode == 1
    assert done.stdout.count("failed") == 1, done.stdout
    ended = {
        told["job"]["name"]: told for told in endpoint.received if told["eventType"] in {"COMPLETE", "FAIL"}
    }
    begun = [told["job"]["name"] for told in endpoint.received if told["eventType"] == "START"]
    assert sorted(begun) == sorted(ended)
    assert {name: told["eventType"] for name, told in ended.items()} == {
        "bronze_customers": "COMPLETE",
        "bronze_transactions": "COMPLETE",
        "silver_customers": "COMPLETE",
        "silver_transactions": "FAIL",
        "gold_customer_360": "COMPLETE",
    }
    silver = ended["silver_transactions"]
    written = {one["name"].rpartition("lake/")[2]: one["outputFacets"] for one in silver["outputs"]}
    assert written["silver/transactions"]["outputStatistics"]["rowCount"] == 1
    assert written["quarantine/transactions"]["outputStatistics"]["rowCount"] == 3
    assert "transactions of 2026-01-03 was refused" in silver["run"]["facets"]["errorMessage"]["message"]


def test_a_run_ends_the_same_where_openlineage_does_not_answer(platform_of, shipped_tables, monkeypatch):
    told, silent = (landed(platform_of(shipped_tables, name)) for name in ("told", "silent"))
    told.sync()
    monkeypatch.delenv("OPENLINEAGE_DISABLED")
    with lineage_endpoint() as endpoint:
        variables = endpoint.variables  # nobody listens there any more
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert len(silent.sync().problems) == 1

    gold = "gold/customer_360"
    assert silent.column(gold, "total_spend") == told.column(gold, "total_spend") != []
