"""The catalogue in Dagster: an asset that a nightly schedule makes anew."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import dagster as dg
import jsonschema
import pytest

from dataops_platform.catalog.assets import JOB
from dataops_platform.catalog.crawl import kept
from dataops_platform.catalog.refreshing import CHANGED_TAG
from dataops_platform.core.inventory import ColumnFacts
from dataops_platform.core.registry import Known, Registered
from dataops_platform.definitions import build_definitions
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.environments import Settings
from dataops_platform_tests.layers.small_platform import FIRST_DATE, day

pytestmark = pytest.mark.integration

SCHEMA = json.loads(files("dataops_platform.catalog").joinpath("metadata.schema.json").read_text())


def definitions(small, *, sensors_run=False, **ports):
    settings = Settings(
        "test", "embedded", "landing", "lake", FIRST_DATE, sensors_run, glue="registry" in ports
    )
    return build_definitions(settings, small.tables, platform=replace(small.ports, **ports))


def test_the_catalogue_is_made_every_night_where_sensors_run(platform_of, shipped_tables):
    small = platform_of(shipped_tables)
    for switch, status in ((False, "STOPPED"), (True, "RUNNING")):
        schedule = definitions(small, sensors_run=switch).resolve_schedule_def("nightly_catalog")

        assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "UTC")
        assert schedule.default_status.value == status


def test_a_night_describes_what_the_day_has_published(platform_of, shipped_tables):
    small = platform_of(shipped_tables)
    small.land("customers", day(2), "customer_id,city\nc1,Rome\n,Oslo\n")
    small.sync()

    done = definitions(small).resolve_job_def(JOB).execute_in_process(instance=small.instance)

    rows = {entry["table"]: entry["rows"] for entry in kept(small.ports.lake_store)["tables"]}
    assert rows["bronze/customers"] == 2
    assert rows["silver/customers"] == rows["quarantine/customers"] == rows["gold/customer_360"] == 1
    assert b"customer_360" in (small.ports.lake_store.read("catalog/site/index.html") or b"")
    assert b"team:" in (small.ports.lake_store.read("catalog/site/tables/silver-customers.html") or b"")
    (made,) = done.asset_materializations_for_node("catalog__metadata")
    assert made.metadata["unreadable"] == dg.JsonMetadataValue([])
    assert made.metadata["tables"].value == len(rows)


class Registry:
    """What a night asks of a registry; `test_glue.py` holds the real one to its promises."""

    name = "AWS Glue"

    def __init__(self, answer=None):
        self.answer, self.given, self.there = answer, {}, ()

    def tables(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return [Known("gold/b<i>", "s3://elsewhere/b"), Known("silver/products")]

    def register(self, tables, there, at):
        if isinstance(self.answer, Exception):
            raise self.answer
        self.given, self.there = {table.table: table for table in tables}, tuple(there)
        return Registered(tuple(self.given), ("silver/gone",), (f"one is not ours at {at:%Y}",))


def test_a_night_registers_every_table_that_can_be_read_and_tells_of_all_that_are_there(
    platform_of, shipped_tables
):
    small, registry = platform_of(shipped_tables), Registry()
    small.land("customers", day(2), "customer_id,city\nc1,Rome\n,Oslo\n")
    small.sync()
    log = Path(small.ports.lake.url, "bronze", "customers", "_delta_log")
    for commit in log.iterdir():
        commit.write_text("{")

    done = (
        definitions(small, registry=registry).resolve_job_def(JOB).execute_in_process(instance=small.instance)
    )

    assert "bronze/customers" in registry.there
    assert sorted(registry.given) == ["gold/customer_360", "quarantine/customers", "silver/customers"]
    silver = registry.given["silver/customers"]
    assert silver.columns[0] == ColumnFacts("customer_id", "string", True, silver.columns[0].comment)
    assert silver.columns[0].comment
    assert list(silver.partitioned_by) == ["ingestion_date"]
    assert silver.parameters["dataops_personal_columns"] == "customer_id,name,email,city"
    (made,) = done.asset_materializations_for_node("catalog__glue")
    assert made.metadata["written"].value == 3
    assert made.metadata["removed"] == dg.JsonMetadataValue(["silver/gone"])


def test_tables_that_only_the_registry_has_are_named_in_the_crawl_and_on_the_first_page(
    platform_of, shipped_tables
):
    small, registry = platform_of(shipped_tables), Registry()
    job = definitions(small, registry=registry).resolve_job_def(JOB)
    told: list[dict[str, Any]] = []
    for file in ("customers", "products"):
        small.land(file, day(2), f"{file[:-1]}_id,name\np1,Lamp\n")
        small.sync()
        changed = {CHANGED_TAG: "changed"} if told else {}
        job.execute_in_process(instance=small.instance, tags=changed)
        document = kept(small.ports.lake_store)
        jsonschema.validate(document, SCHEMA)
        told.append(document["registry"])

    first = small.ports.lake_store.read("catalog/site/index.html").decode()
    assert [[one["table"] for one in found["tables"]] for found in told] == [
        ["gold/b<i>", "silver/products"],
        ["gold/b<i>"],
    ]
    assert "in the catalog only</span>" in first
    assert "<bdi>gold/b&lt;i&gt;</bdi>" in first
    assert "s3://elsewhere/b" in first


def test_a_registry_that_refuses_fails_by_itself_and_the_pages_are_made(platform_of, shipped_tables):
    small = platform_of(shipped_tables)
    small.land("products", day(2), "product_id,name\np1,Lamp\n")
    small.sync()
    job = definitions(small, registry=Registry(EnvironmentProblem("away"))).resolve_job_def(JOB)

    done = job.execute_in_process(instance=small.instance, raise_on_error=False)

    assert not done.success
    assert done.asset_materializations_for_node("catalog__glue") == []
    first = small.ports.lake_store.read("catalog/site/index.html") or b""
    assert b"products" in first
    assert b'AWS Glue <span class="soft">away</span>' in first
