"""A cluster with the lake on S3 makes the tables of the embedded engine; what is wrong with it is told before work."""

from __future__ import annotations

import dagster as dg
import pytest

from dataops_platform.engines.connect_address import read_connect_address
from dataops_platform.engines.remote_spark import remote_engine
from dataops_platform.resources.staging import staging_at
from dataops_platform.tables import load_tables
from dataops_platform_tests.engines.hostile_files import READINGS
from dataops_platform_tests.engines.test_same_tables import (
    OLIST,
    OLIST_DAYS,
    REFUSED,
    known_of,
    lake_of,
    land,
    synced,
)
from dataops_platform_tests.layers.small_platform import SmallPlatform, day

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.cluster]

STAGING = "s3://lake/_staging"


@pytest.fixture(scope="module")
def connect(cluster, known_s3):  # noqa: ARG001 - the lake is there
    """The cluster, as an engine that meets this process on S3."""
    engine = remote_engine(read_connect_address({"DATAOPS_CONNECT_URL": cluster.url}), staging_at(STAGING))
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def lakes(engine, connect, tmp_path_factory):
    """The same files, synced by the embedded engine in a folder and by the cluster on S3."""
    folder, tables = tmp_path_factory.mktemp("connect"), [*load_tables(), READINGS]
    with dg.DagsterInstance.ephemeral() as instance:
        embedded = SmallPlatform(folder / "embedded", engine, tables, instance)
        clustered = SmallPlatform(folder / "connect", connect, tables, instance, lake_url="s3://lake/shop")
        yield [(small, synced(small, land)) for small in (embedded, clustered)]


def test_a_cluster_makes_every_table_of_every_layer_as_the_embedded_engine_does(lakes):
    embedded, connect = (lake_of(small) for small, _ in lakes)

    assert sorted(embedded) == sorted(connect)
    for name, rows in embedded.items():
        assert connect[name] == rows, name


def test_a_cluster_refuses_the_same_partitions_for_the_same_reasons(lakes):
    (_, embedded), (_, connect) = lakes

    assert connect.errors == []
    assert len(connect.problems) == len(REFUSED)
    assert sorted(connect.problems) == sorted(embedded.problems)


def test_what_is_told_of_a_clusters_tables_is_the_same(lakes):
    embedded, connect = (known_of(small) for small, _ in lakes)

    assert embedded
    assert connect == embedded


@pytest.mark.usefixtures("lakes")
def test_nothing_staged_is_left_after_a_sync(known_s3):
    left = known_s3.client().list_objects_v2(Bucket="lake", Prefix="_staging/")

    assert [found["Key"] for found in left.get("Contents", [])] == []


def test_days_of_a_real_shop_end_in_the_same_tables_on_a_cluster(engine, connect, tmp_path):
    if not OLIST.is_dir():
        pytest.skip(f"no Olist landing files in {OLIST}: put them there to run this proof")

    def land_days(small):
        for number, dated in enumerate(OLIST_DAYS, 2):
            for path in sorted(OLIST.glob(f"*/dt={dated}/*")):
                small.land(path.parts[-3], day(number), path.read_bytes(), name=path.name)

    with dg.DagsterInstance.ephemeral() as instance:
        embedded = SmallPlatform(tmp_path / "embedded", engine, load_tables(), instance)
        clustered = SmallPlatform(
            tmp_path / "connect", connect, load_tables(), instance, lake_url="s3://lake/olist"
        )
        for small in (embedded, clustered):
            assert synced(small, land_days).errors == []

    assert embedded.rows("gold/customer_360")
    assert lake_of(clustered) == lake_of(embedded)
