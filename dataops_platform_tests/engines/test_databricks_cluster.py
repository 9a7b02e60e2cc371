"""Steps that are Databricks jobs and compute on a cluster's Spark: tables and refusals of the embedded engine.

The workspace is the emulated one and the cluster that of this machine; a job run finds it as it would on Databricks.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path

import dagster as dg
import pytest

from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.databricks import steps
from dataops_platform.databricks.package_identity import identity_of_wheel
from dataops_platform.demo.databricks_workspace import databricks_workspace
from dataops_platform.demo.shop import make_sample
from dataops_platform.engines.local_spark import free_port
from dataops_platform.errors import Unreachable
from dataops_platform.layers.remote import read
from dataops_platform.layers.sync import Synced, sync
from dataops_platform.resources.environments import read_settings, remote_steps
from dataops_platform.tables import load_tables
from dataops_platform_tests.databricks.wheel import built_wheel
from dataops_platform_tests.engines.front_door import front_door
from dataops_platform_tests.engines.test_same_tables import known_of, lake_of, synced
from dataops_platform_tests.layers.small_platform import FIRST_DATE, SmallPlatform

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.cluster]

CLUSTER, OTHER = "0923-164208-meows279", "0923-164208-other123"
LAKE = "s3://lake/jobs"
#: On one date transactions are refused as a whole, on the other come twice; more of either would only take longer.
TABLES, DATES = {"customers", "transactions"}, {"dt=2026-06-17", "dt=2026-06-18"}


def land(small):
    """Some days of the shop."""
    for file in make_sample().files:
        table, dated, *_, name = file.key.split("/")
        if table in TABLES and dated in DATES:
            on = date.fromisoformat(dated.removeprefix("dt="))
            small.land(table, on, file.body, name=f"{file.wave}-{name}")


@pytest.fixture(scope="module")
def workspace(s3, cluster, known_s3, tmp_path_factory):  # noqa: ARG001 - what runs here finds the lake too
    """A workspace with the wheel and a cluster, that knows the lake's keys and the cluster's address as secrets."""
    folder, wheel = tmp_path_factory.mktemp("workspace"), built_wheel(tmp_path_factory.mktemp("wheel"))
    aws = {"AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    with databricks_workspace(folder, environment=aws) as opened, pytest.MonkeyPatch.context() as variables:
        opened.volumes.write(f"{opened.volume}/platform.whl", wheel.read_bytes())
        opened.secrets |= {
            ("lake", "AWS_ACCESS_KEY_ID"): s3.access_key,
            ("lake", "AWS_SECRET_ACCESS_KEY"): s3.secret_key,
            ("spark", "url"): cluster.url,
        }
        opened.clusters.all[CLUSTER] = {"DATAOPS_CONNECT_URL": "{{secrets/spark/url}}"}
        variables.setenv("DATABRICKS_HOST", opened.host)
        variables.setenv("DATABRICKS_TOKEN", opened.token)
        yield opened


def steps_of(small, workspace, **more):
    """The platform's steps as job runs, from the variables that a person sets."""
    given = {
        "DATAOPS_ENGINE": "databricks",
        "DATAOPS_DATABRICKS_ENGINE": "connect",
        "DATAOPS_DATABRICKS_VOLUME": workspace.volume,
        "DATAOPS_DATABRICKS_WHEEL": f"{workspace.volume}/platform.whl",
        "DATAOPS_DATABRICKS_CLUSTER": CLUSTER,
        "DATAOPS_DATABRICKS_SECRET_SCOPE": "lake",
        "DATAOPS_LANDING_URL": str(small.folder / "landing"),
        "DATAOPS_LAKE_URL": LAKE,
        "DATAOPS_FIRST_DATE": FIRST_DATE.isoformat(),
        **more,
    }
    made = remote_steps(read_settings(given), LAKE)
    assert made is not None
    made._pause = 0.2  # noqa: SLF001  # looks sooner than every 5 s
    return made


@dataclass
class Built:
    """A platform in which all is in gold, and what was known of it then: steps that tests do again add to that."""

    small: SmallPlatform
    done: Synced

    def __post_init__(self):
        self.tables, self.known = lake_of(self.small), known_of(self.small)


@pytest.fixture(scope="module")
def lakes(engine, workspace, tmp_path_factory):
    """The same files, synced by the embedded engine in a folder and by job runs that compute on the cluster."""
    folder, tables = tmp_path_factory.mktemp("lakes"), load_tables()
    with dg.DagsterInstance.ephemeral() as instance:
        here = SmallPlatform(folder / "here", engine, tables, instance)
        there = SmallPlatform(folder / "there", engine, tables, instance, lake_url=LAKE)
        land(there)
        ports = replace(there.ports, remote=steps_of(there, workspace))
        done = sync(ports, there.job, instance, lambda _done, _all: None)
        yield Built(here, synced(here, land)), Built(there, done)


@pytest.fixture
def there(lakes):
    """The platform whose steps are job runs; everything in it is in gold."""
    return lakes[1].small


def test_job_runs_on_a_cluster_make_every_table_as_the_embedded_engine_does(lakes):
    here, there = lakes

    assert here.tables["gold/customer_360"]
    assert sorted(there.tables) == sorted(here.tables)
    for name, rows in here.tables.items():
        assert there.tables[name] == rows, name


def test_job_runs_on_a_cluster_refuse_the_same_dates_in_the_same_words(lakes):
    here, there = lakes

    assert there.done.errors == []
    assert here.done.problems
    assert there.done.problems == here.done.problems


def test_what_is_told_of_the_tables_of_job_runs_is_the_same(lakes):
    here, there = lakes

    assert here.known
    assert there.known == here.known


def test_no_word_that_lets_somebody_in_is_in_what_was_submitted_or_in_what_job_runs_print(
    there, workspace, cluster
):
    assert there
    runs = workspace.runs.all.values()
    told = [repr(run.request) for run in runs] + [
        run.log.read_text(errors="replace") for run in runs if run.log.exists()
    ]

    for word in (cluster.word, workspace.token, workspace.secrets["lake", "AWS_SECRET_ACCESS_KEY"]):
        assert not [text for text in told if word in text]


def test_without_an_address_a_job_run_asks_its_workspace_for_the_cluster_by_its_own_token(
    there, workspace, cluster
):
    before, keys = lake_of(there), ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    order = StepOrder("silver", "customers", (date(2026, 6, 17),), "derived")
    with front_door(token=workspace.token, cluster=OTHER, url=cluster.url) as door:
        workspace.clusters.all[OTHER] = {name: f"{{{{secrets/lake/{name}}}}}" for name in keys} | {
            "DATABRICKS_HOST": f"http://localhost:{door.port}"
        }
        told = {"DATAOPS_DATABRICKS_CLUSTER": OTHER, "DATAOPS_DATABRICKS_SECRET_SCOPE": ""}
        result = read(steps_of(there, workspace, **told).done(order, print, print))

    assert [verdict.ingestion_date for verdict in result.verdicts] == [date(2026, 6, 17)]
    assert lake_of(there) == before
    assert door.refused == 0
    # Else a Spark of Databricks would read no file of a Delta table that it is told.
    assert any(b"spark.databricks.delta.formatCheck.enabled" in sent for sent in door.sent)


def at(workspace, address):
    """The settings of a step whose cluster tells another address."""
    workspace.secrets["spark", "other"] = address
    workspace.clusters.all[OTHER] = {"DATAOPS_CONNECT_URL": "{{secrets/spark/other}}"}
    return {"DATAOPS_DATABRICKS_CLUSTER": OTHER}


def test_a_wrong_token_is_one_sentence_of_the_dagster_run_which_is_not_tried_again(there, workspace, cluster):
    wrong = at(workspace, f"sc://localhost:{cluster.port}/;token=planted")
    ports = replace(there.ports, remote=steps_of(there, workspace, **wrong))
    before, runs = lake_of(there), len(workspace.runs.all)

    result = there.job(ports).execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        tags={"dagster/partition": "2026-06-17"},
        asset_selection=[dg.AssetKey(["silver", "customers"]), dg.AssetKey(["quarantine", "customers"])],
        raise_on_error=False,
    )

    [failed] = [event for event in result.all_events if event.is_step_failure]
    said = failed.step_failure_data.user_failure_data.description
    assert f"The server at localhost:{cluster.port} refused the token of DATAOPS_CONNECT_URL" in said
    assert "planted" not in "".join(event.message or "" for event in result.all_events)
    assert len(workspace.runs.all) == runs + 1
    assert lake_of(there) == before


def test_a_server_that_is_gone_is_worth_another_try(there, workspace):
    port = free_port()
    gone = steps_of(there, workspace, **at(workspace, f"sc://localhost:{port}/;token=planted"))

    with pytest.raises(Unreachable, match=f"No Spark Connect server answers at localhost:{port}") as problem:
        read(gone.done(StepOrder("silver", "customers", (date(2026, 6, 17),), "gone"), print, print))

    assert problem.value.is_transient
    assert "planted" not in str(problem.value)


def test_a_cluster_whose_secret_is_not_there_does_not_start_and_that_is_told(there, workspace):
    workspace.clusters.all[OTHER] = {"DATAOPS_CONNECT_URL": "{{secrets/spark/nothing}}"}
    without = steps_of(there, workspace, DATAOPS_DATABRICKS_CLUSTER=OTHER)

    with pytest.raises(Unreachable, match="Secret does not exist with scope: spark and key: nothing"):
        without.done(StepOrder("silver", "customers", (date(2026, 6, 17),), "no-secret"), print, print)


#: Of the table's calls two are a step's; the second is amid its work.
_LOSES_ITS_SESSION = """

_calls = []
_sound = cleanse


def cleanse(rows):
    _calls.append(rows)
    if len(_calls) == 2:
        rows.sparkSession.client.release_session()
    return _sound(rows)
"""


def shaken(wheel):
    """The wheel, but its customers lose the session of their first step."""
    made = BytesIO()
    with zipfile.ZipFile(wheel) as packed, zipfile.ZipFile(made, "w") as written:
        for name in packed.namelist():
            more = _LOSES_ITS_SESSION if name == "dataops_platform/tables/customers.py" else ""
            written.writestr(name, packed.read(name) + more.encode())
    return made.getvalue()


def test_a_job_run_whose_session_is_lost_does_its_step_once_more_and_says_so(there, workspace, monkeypatch):
    before = lake_of(there)
    wheel = shaken(Path(workspace.volume) / "platform.whl")
    workspace.volumes.write(f"{workspace.volume}/shaken.whl", wheel)
    monkeypatch.setattr(steps, "package_identity", lambda: identity_of_wheel(wheel))
    remote = steps_of(there, workspace, DATAOPS_DATABRICKS_WHEEL=f"{workspace.volume}/shaken.whl")
    announced, logged = list[str](), list[str]()

    order = StepOrder("silver", "customers", (date(2026, 6, 17),), "lost")
    result = read(remote.done(order, announced.append, logged.append))

    assert [verdict.ingestion_date for verdict in result.verdicts] == [date(2026, 6, 17)]
    assert [text for text in logged if "Done once more" in text]
    assert not [text for text in announced if "Done once more" in text]
    assert lake_of(there) == before
