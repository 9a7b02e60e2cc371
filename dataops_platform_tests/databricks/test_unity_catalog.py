"""Unity Catalog: published tables get three-part names, comments and tags, and nothing in the lake changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from databricks.sdk import WorkspaceClient

from dataops_platform.catalog.crawl import crawl
from dataops_platform.catalog.describing import describe
from dataops_platform.catalog.findings import gathered
from dataops_platform.catalog.registering import register
from dataops_platform.catalog.site import site
from dataops_platform.core.registry import Known, Registration
from dataops_platform.databricks.client import workspace_client
from dataops_platform.databricks.unity_catalog import UnityCatalog
from dataops_platform.databricks.unity_tables import UnityTables
from dataops_platform.demo.databricks_catalog import Catalogs
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.environments import inventory_of, platform_for, read_settings
from dataops_platform_tests.layers.small_platform import day

pytestmark = pytest.mark.integration

LANDED = "customer_id,name,email,signup_region,signup_date,city\n1,Ann,a@b.example,EU,2026-01-01,Ulm\n"


@pytest.fixture
def client(credentials) -> WorkspaceClient:
    """A client of the workspace, which has been given nothing."""
    credentials.catalogs = Catalogs()
    return workspace_client(1)


NOW = datetime(2026, 1, 2, tzinfo=UTC)


def table(**told) -> Registration:
    usual = {
        "table": "silver/orders",
        "location": "s3://lake/x",
        "description": "Orders.",
        "owner": "team:sales",
        "columns": (),
        "partitioned_by": (),
    }
    return Registration(**usual | told)


def registered(registry: UnityCatalog, *tables: Registration) -> tuple[str, ...]:
    return registry.register(tables, [one.table for one in tables], NOW).written


def test_every_published_table_has_a_name_a_comment_and_tags(
    client, credentials, platform_of, shipped_tables
):
    small = platform_of(shipped_tables)
    small.land("customers", day(1), LANDED)
    assert not small.sync().problems
    before = small.ports.lake.history("silver/customers")
    document = crawl(inventory_of(small.ports), small.ports.tables)
    done = [register(document, UnityCatalog(client, "main", "w")).written for _ in range(2)]

    assert sorted(done[0]) == sorted(done[1]) == ["gold/customer_360", "silver/customers"]
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


def test_whatever_the_schemas_of_published_tables_hold_is_known(client):
    registry = UnityCatalog(client, "main", "w")
    assert registry.tables() == []

    registered(registry, table(), table(table="gold/sums", location="s3://lake/y"))

    assert registry.tables() == [Known("gold/sums", "s3://lake/y"), Known("silver/orders", "s3://lake/x")]


def named(platform):
    """What a crawl tells of registries."""
    return describe(platform, inventory_of(platform))["registry"]


def test_a_crawl_names_what_only_unity_catalog_has_and_asks_no_warehouse(
    client, credentials, platform_of, shipped_tables
):
    small = platform_of(shipped_tables)
    small.land("customers", day(1), LANDED)
    small.sync()
    made = platform_for(
        read_settings({"DATAOPS_UNITY_CATALOG": "main", "DATAOPS_LAKE_URL": small.lake_url}), ()
    )
    platform = replace(small.ports, other_registries=made.other_registries)
    register(crawl(inventory_of(platform), platform.tables), UnityCatalog(client, "main", "w"))
    registered(UnityCatalog(client, "main", "w"), table(), table(table="gold/sums", location="s3://lake/y"))
    credentials.requests.clear()

    found = named(platform)

    assert (found["name"], found["problem"]) == ("Unity Catalog", "")
    assert [(one["registry"], one["table"], one["location"]) for one in found["tables"]] == [
        ("Unity Catalog", "gold/sums", "s3://lake/y"),
        ("Unity Catalog", "silver/orders", "s3://lake/x"),
    ]
    assert set(credentials.requests) == {("GET", "/api/2.1/unity-catalog/tables")}
    pages = dict(site(gathered(platform, {})))
    assert "Unity Catalog has it, and the lake does not; it should lie at" in pages["index.html"].decode()


def test_a_workspace_that_refuses_keeps_no_crawl_from_telling_of_the_lake_and_of_other_registries(
    client, monkeypatch, platform_of, shipped_tables
):
    registered(UnityCatalog(client, "main", "w"), table())
    monkeypatch.setenv("DATABRICKS_TOKEN", "of-nobody")

    class Other:
        name = "AWS Glue"

        def tables(self):
            return [Known("silver/gone")]

    small = platform_of(shipped_tables)
    found = named(replace(small.ports, other_registries=(UnityTables("main"), Other())))

    assert found["name"] == "Unity Catalog and AWS Glue"
    assert [(one["registry"], one["table"]) for one in found["tables"]] == [("AWS Glue", "silver/gone")]
    assert found["problem"].startswith("Databricks did not list the tables of main.silver")


def test_what_a_contract_says_stays_text_in_the_statement(client, credentials):
    comment = "It's \\ the shop's; DROP TABLE x -- 'yes'"
    registered(UnityCatalog(client, "main", "w"), table(description=comment, owner="o'neill"))

    found = credentials.catalogs.tables["main.silver.orders"]
    assert (found.comment, found.tags) == (
        comment,
        {"owner": "o'neill", "contract_version": ""},
    )


@pytest.mark.parametrize("name", ["a`b", "a b", "a.b", ""])
def test_a_name_that_is_none_is_refused_before_anything_is_asked(client, credentials, name):
    credentials.requests.clear()

    with pytest.raises(EnvironmentProblem, match="Unity Catalog"):
        registered(UnityCatalog(client, "main", "w"), table(table=f"silver/{name}"))

    assert credentials.requests == []


def test_a_catalog_that_is_not_there_is_one_sentence(client):
    with pytest.raises(EnvironmentProblem, match="external location") as problem:
        registered(UnityCatalog(client, "elsewhere", "w"), table())

    assert "NO_SUCH_CATALOG" in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_warehouse_that_has_to_start_is_waited_for(client, credentials):
    credentials.catalogs.slow = 2

    assert registered(UnityCatalog(client, "main", "w", pause=0.01), table()) == ("silver/orders",)


def test_a_warehouse_that_stays_busy_is_worth_another_try(client, credentials):
    credentials.faults.extend([("sql/statements", 503)] * 9)

    with pytest.raises(Unreachable, match="register"):
        registered(UnityCatalog(client, "main", "w"), table())

    credentials.faults.clear()
