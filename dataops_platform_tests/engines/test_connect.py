"""A cluster with the lake on S3 makes the tables of the embedded engine; what is wrong with it is told before work."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import dagster as dg
import pytest
from click.testing import CliRunner

from dataops_platform.cli import dataops
from dataops_platform.core.contract import Table
from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.engines.connect_address import read_connect_address
from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.engines.remote_spark import RemoteSpark
from dataops_platform.engines.staging import FolderRoom, FolderStaging
from dataops_platform.errors import EngineLost, EnvironmentProblem
from dataops_platform.layers.remote import done
from dataops_platform.resources.staging import staging_at
from dataops_platform.tables import load_tables
from dataops_platform_tests.engines.hostile_files import FILES, READINGS
from dataops_platform_tests.engines.test_child_process import is_running, within
from dataops_platform_tests.engines.test_same_tables import (
    REFUSED,
    known_of,
    lake_of,
    land,
    land_olist,
    synced,
)
from dataops_platform_tests.layers.small_platform import SmallPlatform, day

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.cluster]

STAGING = "s3://lake/_staging"


def engine_at(cluster, staging=STAGING, **options):
    """An engine of its own on the cluster."""
    address = read_connect_address({"DATAOPS_CONNECT_URL": cluster.url})
    return ConnectEngine(RemoteSpark(address, **options), staging_at(str(staging)))


@pytest.fixture(scope="module")
def connect(cluster, known_s3):  # noqa: ARG001 - the lake is there
    """The cluster, as an engine that meets this process on S3."""
    engine = engine_at(cluster)
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
    with dg.DagsterInstance.ephemeral() as instance:
        embedded = SmallPlatform(tmp_path / "embedded", engine, load_tables(), instance)
        clustered = SmallPlatform(
            tmp_path / "connect", connect, load_tables(), instance, lake_url="s3://lake/olist"
        )
        for small in (embedded, clustered):
            assert synced(small, land_olist).errors == []

    assert embedded.rows("gold/customer_360")
    assert lake_of(clustered) == lake_of(embedded)


def ended(child):
    """The process and all that it started are gone at once."""
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


class Shaken:
    """The readings' function, which something befalls at some of its calls: two are a step's, the second amid it."""

    def __init__(self, befalls, at):
        self.befalls, self.at, self.calls = befalls, at, 0

    def __call__(self, rows):
        self.calls += 1
        if self.calls in self.at:
            self.befalls()
        return READINGS.function(rows)


@pytest.fixture
def shaken(cluster, tmp_path):
    """What a silver step of the readings ends in, and what it says meanwhile, when something befalls it."""
    engine = engine_at(cluster, tmp_path / "lake" / "_staging", tries=1)
    told: list[str] = []

    def step(befalls, *, at=(2,)):
        function = Shaken(lambda: befalls(engine), at)
        with dg.DagsterInstance.ephemeral() as instance:
            tables = [Table(READINGS.contract, function)]
            small = SmallPlatform(tmp_path, engine, tables, instance)
            small.land("readings", day(2), FILES[2, "plain.csv"])
            small.load_bronze("readings", [day(2)])
            order = StepOrder("silver", "readings", (day(2),), "run", 1, READINGS.contract.owner)
            try:
                done(small.ports, order, told.append)
            except EngineLost as lost:
                told.append(str(lost))
        return small, told, function

    yield step
    engine.stop()


@pytest.fixture(scope="module")
def silver(engine, tmp_path_factory):
    """The rows that the embedded engine makes of the same file."""
    with dg.DagsterInstance.ephemeral() as instance:
        small = SmallPlatform(tmp_path_factory.mktemp("plain"), engine, [READINGS], instance)
        small.land("readings", day(2), FILES[2, "plain.csv"])
        small.sync()
    return lake_of(small)["silver/readings"]


def test_a_step_whose_session_has_gone_is_done_once_more_on_a_fresh_one(shaken, silver):
    small, told, function = shaken(lambda engine: engine.session.client.release_session())

    [said] = told
    assert "lost its session (INVALID_HANDLE.SESSION_CLOSED). Done once more" in said
    assert function.calls == 4  # both of the first try, and both of the second
    assert lake_of(small)["silver/readings"] == silver


def test_a_step_whose_server_was_killed_and_started_anew_is_done_once_more(shaken, silver, cluster):
    def befalls(_engine):
        ended(cluster.server)
        cluster.start_server()

    small, told, _ = shaken(befalls)

    [said] = told
    assert "on a fresh session" in said
    assert lake_of(small)["silver/readings"] == silver


def test_a_step_goes_on_when_a_worker_is_killed(shaken, silver, cluster):
    def ended_soon():
        ended(cluster.workers.pop())
        cluster.start_worker()

    amid_its_work = Timer(0.5, ended_soon)

    small, told, _ = shaken(lambda _engine: amid_its_work.start())
    amid_its_work.join()

    assert len(told) <= 1  # Spark does the lost part again itself, unless it came at a bad moment
    assert lake_of(small)["silver/readings"] == silver


def test_a_session_lost_twice_is_one_error_and_nothing_is_written(shaken):
    small, told, _ = shaken(lambda engine: engine.session.client.release_session(), at=range(9))

    assert len(told) == 2
    assert "lost its session twice in one step (INVALID_HANDLE.SESSION_CLOSED)" in told[1]
    assert small.rows("silver/readings") == []
    assert list((small.folder / "lake" / "_staging").rglob("*.parquet")) == []


def test_a_wrong_token_is_told_before_work_and_not_shown(cluster):
    address = read_connect_address({"DATAOPS_CONNECT_URL": f"sc://localhost:{cluster.port}/;token=planted"})
    wrong = ConnectEngine(RemoteSpark(address))

    with pytest.raises(EnvironmentProblem, match="refused the token of DATAOPS_CONNECT_URL") as told:
        _ = wrong.session

    assert "planted" not in str(told.value)


def test_a_server_of_another_version_is_told_before_work(cluster, monkeypatch):
    monkeypatch.setattr("pyspark.__version__", "4.1.9")

    with pytest.raises(
        EnvironmentProblem, match=r"is Spark 4\.2\.\d; plans here are made by pyspark 4\.1\.9\. Use"
    ):
        _ = engine_at(cluster).session


@pytest.mark.usefixtures("known_s3")
def test_a_place_that_the_cluster_cannot_write_to_is_told_before_work(cluster):
    with pytest.raises(
        EnvironmentProblem,
        match=r"cannot write and read what is staged at s3://nowhere/.*DATAOPS_STAGING_URL",
    ):
        _ = engine_at(cluster, "s3://nowhere/_staging").session


def test_a_place_that_is_not_the_same_for_both_is_told_before_work(cluster, tmp_path):
    class Unseen(FolderRoom):
        def files(self):
            return []  # what the cluster has written is on its own disk

    class Elsewhere(FolderStaging):
        def room(self):
            return Unseen(Path(super().room().url))

    address = read_connect_address({"DATAOPS_CONNECT_URL": cluster.url})

    with pytest.raises(EnvironmentProblem, match="is not to be seen from here"):
        _ = ConnectEngine(RemoteSpark(address), Elsewhere(tmp_path)).session


def test_a_cluster_without_workers_is_told_and_not_waited_for_for_ever(cluster, monkeypatch, tmp_path):
    monkeypatch.setattr("dataops_platform.engines.remote_spark._LONGEST_MEETING", 5.0)
    while cluster.workers:
        ended(cluster.workers.pop())

    with pytest.raises(EnvironmentProblem, match=r"No executor .* has written a row within 5 s.*workers"):
        _ = engine_at(cluster, tmp_path).session

    for _worker in range(2):
        cluster.start_worker()


def test_doctor_tells_that_the_cluster_is_fit_for_work_and_no_token(cluster, known_s3, monkeypatch, tmp_path):  # noqa: ARG001
    told = {
        "ENGINE": "connect",
        "CONNECT_URL": cluster.url,
        "LANDING_URL": str(tmp_path),
        "LAKE_URL": "s3://lake",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"DATAOPS_{name}", value)

    result = CliRunner().invoke(dataops, ["doctor"])

    assert result.exit_code == 0, result.output
    assert f"localhost:{cluster.port}; rows are staged at s3://lake/_staging" in result.output
    assert "Spark 4." in result.output
    assert cluster.word not in result.output


def test_a_cluster_started_by_its_command_is_gone_when_somebody_ends_it(tmp_path):
    command = [sys.executable, "-m", "dataops_platform.cli", "engines", "cluster", "--workers", "1"]
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)
    with started:
        assert started.stdout is not None
        said = next(line for line in started.stdout if "DATAOPS_CONNECT_URL" in line)
        parts = [
            int(one) for one in Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
        ]
        started.send_signal(signal.SIGINT)

    assert re.search(r"DATAOPS_CONNECT_URL='sc://localhost:\d+/;token=\S+'", said)
    assert len(parts) >= 3  # a master, a worker and a server, and what guards them
    assert within(20, lambda: not any(map(is_running, parts)))
    assert list(tmp_path.iterdir()) == []
