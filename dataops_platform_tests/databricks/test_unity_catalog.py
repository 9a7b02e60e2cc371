"""Unity Catalog: published tables get three-part names, comments and tags, and nothing in the lake changes."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient

from dataops_platform.catalog.registering import to_register
from dataops_platform.core.registry import RegisteredTable
from dataops_platform.demo.databricks_catalog import Catalogs
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.databricks_client import workspace_client
from dataops_platform.resources.unity_catalog import UnityCatalog
from dataops_platform_tests.layers.small_platform import day

pytestmark = pytest.mark.integration

LANDED = "customer_id,name,email,signup_region,signup_date,city\n1,Ann,a@b.example,EU,2026-01-01,Ulm\n"


@pytest.fixture
def client(credentials) -> WorkspaceClient:
    """A client of the workspace, which has been given nothing."""
    credentials.catalogs = Catalogs()
    return workspace_client(1)


def table(**told) -> RegisteredTable:
    return RegisteredTable(
        **{"layer": "silver", "name": "orders", "location": "s3://lake/x", "comment": "Orders."} | told
    )


def test_every_published_table_has_a_name_a_comment_and_tags(
    client, credentials, platform_of, shipped_tables
):
    small = platform_of(shipped_tables)
    small.land("customers", day(1), LANDED)
    assert not small.sync().problems
    before = small.ports.lake.history("silver/customers")
    names = [UnityCatalog(client, "main", "w").register(each) for each in to_register(small.ports)]
    again = [UnityCatalog(client, "main", "w").register(each) for each in to_register(small.ports)]

    assert names == again == ["main.gold.customer_360", "main.silver.customers"]
    found = credentials.catalogs.tables["main.silver.customers"]
    assert found.location == str(small.folder / "lake" / "silver" / "customers")
    assert found.comment == "One row for each customer, as the shop last described them."
    assert found.tags == {
        "owner": "team:customer-analytics",
        "contract_version": small.ports.table("customers").contract.version,
    }
    assert found.column_tags["email"] == {"classification": "personal"}
    assert found.column_tags["signup_region"] == {"classification": "public"}
    assert credentials.catalogs.schemas["main.silver"] == "Checked, cleansed and typed."
    assert small.ports.lake.history("silver/customers") == before


def test_what_a_contract_says_stays_text_in_the_statement(client, credentials):
    comment = "It's \\ the shop's; DROP TABLE x -- 'yes'"
    UnityCatalog(client, "main", "w").register(table(comment=comment, tags={"owner": "o'neill"}))

    found = credentials.catalogs.tables["main.silver.orders"]
    assert (found.comment, found.tags) == (comment, {"owner": "o'neill"})


@pytest.mark.parametrize("name", ["a`b", "a b", "a.b", ""])
def test_a_name_that_is_none_is_refused_before_anything_is_asked(client, credentials, name):
    credentials.requests.clear()

    with pytest.raises(EnvironmentProblem, match="Unity Catalog"):
        UnityCatalog(client, "main", "w").register(table(name=name))

    assert credentials.requests == []


def test_a_catalog_that_is_not_there_is_one_sentence(client):
    with pytest.raises(EnvironmentProblem, match="external location") as problem:
        UnityCatalog(client, "elsewhere", "w").register(table())

    assert "NO_SUCH_CATALOG" in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_warehouse_that_has_to_start_is_waited_for(client, credentials):
    credentials.catalogs.slow = 2

    assert UnityCatalog(client, "main", "w", pause=0.01).register(table()) == "main.silver.orders"


def test_a_warehouse_that_stays_busy_is_worth_another_try(client, credentials):
    credentials.faults.extend([("sql/statements", 503)] * 9)

    with pytest.raises(Unreachable, match="register"):
        UnityCatalog(client, "main", "w").register(table())

    credentials.faults.clear()
