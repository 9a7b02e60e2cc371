"""`dataops lineage`: what it shows of columns and tables, and how it answers names that are not there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from pyspark.sql import functions as F

from dataops_platform.cli import dataops
from dataops_platform.core.contract import Table
from dataops_platform.errors import NoSuchColumn
from dataops_platform.tables import load_tables


@pytest.fixture
def lineage(monkeypatch):
    """Runs the command with these tables, or those that ship; what it says, line by line."""

    def run(*arguments, tables=None):
        if tables is not None:
            monkeypatch.setattr("dataops_platform.commands.lineage.load_tables", lambda: tables)
        result = CliRunner().invoke(dataops, ["lineage", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0
        return result.output

    return run


def lines(output):
    """The lines of a tree, without its branches."""
    return [line.strip("│├└─ ") for line in output.splitlines()]


def test_a_column_is_followed_back_to_what_landed(lineage):
    told = lines(lineage("gold/customer_360.total_spend"))

    assert told[:6] == [
        "gold/customer_360",
        "gold/customer_360.total_spend",
        "silver/transactions.amount  aggregation",
        "bronze/transactions.amount  transformation",
        "landing/transactions.amount  identity",
        "chosen by",
    ]
    assert "silver/transactions.customer_id  group_by, join, window" in told
    assert "which rows there are in gold/customer_360 is decided by" in told


def test_a_table_s_name_alone_is_its_last_layer(lineage):
    assert lineage("customer_360") == lineage("gold/customer_360")
    assert lineage("transactions.amount") == lineage("silver/transactions.amount")


def test_downstream_are_the_columns_and_tables_that_break(lineage):
    assert lines(lineage("silver/transactions.amount", "--downstream")) == [
        "silver/transactions.amount",
        "columns made of it",
        "gold/customer_360.total_spend",
        "columns that it chooses among the values of",
        "gold/customer_360.customer_health_score",
        "tables that break without it",
        "gold/customer_360",
    ]
    assert lines(lineage("gold/customer_360", "--downstream"))[1:] == ["nothing depends on it"]


def test_the_same_is_told_to_programs_as_json(lineage):
    up = json.loads(lineage("gold/customer_360.total_spend", "--json"))
    down = json.loads(lineage("silver/transactions.amount", "--downstream", "--json"))

    [column] = up["columns"]
    assert column["column"] == "gold/customer_360.total_spend"
    assert [one["column"] for one in column["made_of"]] == ["silver/transactions.amount"]
    assert column["chosen_by"]["silver/customers.customer_id"] == ["join"]
    assert set(up["rows"]["chosen_by"]) == {"silver/customers.customer_id", "silver/customers.ingestion_date"}
    assert down["made_of_it"] == ["gold/customer_360.total_spend"]
    assert down["tables"] == ["gold/customer_360"]


def test_before_what_lands_comes_nothing(lineage):
    assert lines(lineage("landing/products.price"))[1:] == [
        "landing/products.price",
        "lands in files: nothing comes before it",
    ]


def test_what_cannot_be_read_is_called_unknown_and_may_depend_on_anything(lineage):
    tables = [
        Table(table.contract, lambda rows: rows.withColumns({"name": F.expr("upper(name)")}))
        if table.name == "products"
        else table
        for table in load_tables()
    ]

    up = lines(lineage("silver/products.name", tables=tables))
    down = lines(lineage("bronze/products.category", "--downstream", tables=tables))

    assert "unknown: expression_string is not read" in up
    assert [line.endswith("unknown") for line in up if line.startswith("bronze/products.category ")] == [True]
    assert down[down.index("columns of which something cannot be read") + 1] == "silver/products.name"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gold/customer_36", "Did you mean gold/customer_360?"),
        ("customer_360.totl_spend", "Did you mean total_spend?"),
        ("landing/product", "Did you mean landing/products?"),
        ("landing/products.prize", "Did you mean price?"),
        ("xyz", "There are bronze/customers, bronze/products,"),
    ],
)
@pytest.mark.parametrize("option", [(), ("--downstream",)], ids=["upstream", "downstream"])
def test_a_name_that_is_not_there_is_answered_with_what_was_meant(lineage, name, option, hint):
    with pytest.raises(NoSuchColumn) as raised:
        lineage(name, *option)

    assert hint in str(raised.value)


@pytest.mark.integration
@pytest.mark.slow
def test_it_needs_no_engine_no_settings_and_no_server():
    code = (
        "import sys; from dataops_platform.commands.lineage import run; from rich.console import Console;"
        "run(Console(), 'customer_360', downstream=False, as_json=True);"
        "sys.exit('pysail' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["asset"] == "gold/customer_360"
