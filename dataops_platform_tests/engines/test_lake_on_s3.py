"""A landing area and a lake on a real S3 server: Spark works there with the variables that everything else reads."""

from __future__ import annotations

import json
from datetime import date

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from dataops_platform.definitions import build_definitions
from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.layers.runs import JOB
from dataops_platform.layers.sync import sync
from dataops_platform.resources.environments import platform_for, read_settings
from dataops_platform.tables import load_tables
from dataops_platform_tests.delta_rows import delta_rows

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DAYS = [date(2026, 1, 2), date(2026, 1, 3)]
TABLES = load_tables()
_HEADER = "customer_id,name,email,signup_region,signup_date\n"
_PAID = {"customer_id": "c1", "transaction_id": "t1", "transaction_date": "2026-01-02", "amount": 0.10}
LANDED = {
    "customers/dt=2026-01-02/a.csv": f"{_HEADER}c1, Ann ,A@B.C,EU,2026-01-01\n,nobody,,,\n",
    "customers/dt=2026-01-03/é b.csv": f"{_HEADER}c2,Bo,,,soon\nc1,Ann,,,2026-01-01\n",
    "transactions/dt=2026-01-02/a.jsonl": json.dumps(_PAID) + "\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An S3 server on which files have landed; this process knows of no other."""
    with seaweedfs(tmp_path_factory.mktemp("s3")) as started, pytest.MonkeyPatch.context() as variables:
        for name, value in {**started.environment(), "AWS_ALLOW_HTTP": "true"}.items():
            variables.setenv(name, value)
        for key, text in LANDED.items():
            started.client().put_object(Bucket="landing", Key=key, Body=text.encode())
        yield started


@pytest.fixture(scope="module")
def lakes(server, spark):  # noqa: ARG001 - skips where Spark cannot run
    """What was synced there on each engine: the platform, which still runs, and what the sync said."""
    opened = {}
    with dg.DagsterInstance.ephemeral() as instance:
        for engine in ("embedded", "spark"):
            told = {"DATAOPS_ENGINE": engine, "DATAOPS_LAKE_URL": f"s3://lake/{engine}"}
            settings = read_settings({**told, "DATAOPS_FIRST_DATE": "2026-01-01"})
            platform = platform_for(settings, TABLES)

            def job(ports, settings=settings):
                return build_definitions(settings, TABLES, platform=ports).resolve_job_def(JOB)

            opened[engine] = platform, sync(platform, job, instance, lambda _done, _all: None)
        yield opened
    for platform, _ in opened.values():
        platform.close()


def tables_of(platform):
    """Each table's columns and rows in an order of their own, without where they lie."""
    names = [f"{layer}/{t.name}" for t in platform.sources for layer in ("bronze", "silver", "quarantine")]
    found = {}
    for name in [*names, *(f"gold/{table.name}" for table in platform.products)]:
        url = f"{platform.lake.url}/{name}"
        if platform.lake.partitions(name):
            table = DeltaTable(url)
            rows = sorted(repr(sorted(row.items())) for row in delta_rows(table))
            found[name] = table.schema().to_json(), [row.replace(platform.lake.url, "") for row in rows]
    return found


def test_a_sync_ends_in_the_tables_that_the_embedded_engine_makes(lakes):
    (embedded, by_embedded), (spark, by_spark) = lakes.values()

    assert by_spark.problems == by_embedded.problems == []
    found = tables_of(spark)
    assert {"bronze/customers", "quarantine/customers", "silver/transactions", "gold/customer_360"} <= set(
        found
    )
    assert found == tables_of(embedded)


def test_spark_reads_what_was_published_by_its_files_and_as_a_delta_table(lakes):
    platform, _ = lakes["spark"]
    rows = pa.table({"id": [1, 2, 3], "ingestion_date": pa.array([DAYS[0], DAYS[0], DAYS[1]], pa.date32())})
    platform.lake.append("rows", rows)

    by_files = platform.lake.frame("rows", DAYS[:1])
    by_delta = platform.engine.session.read.format("delta").load(f"{platform.lake.url}/rows")

    assert sorted(row["id"] for row in by_files.toArrow().to_pylist()) == [1, 2]
    assert sorted(row["id"] for row in by_delta.toArrow().to_pylist()) == [1, 2, 3]
