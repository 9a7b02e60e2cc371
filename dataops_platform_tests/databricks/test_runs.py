"""A run whose steps are Databricks jobs ends as one that does them here: tables, materialisations and checks."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.databricks import steps
from dataops_platform.databricks.package_identity import package_identity
from dataops_platform.databricks.settings import DatabricksSettings
from dataops_platform.databricks.steps import DatabricksSteps
from dataops_platform.demo.databricks_workspace import Workspace
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.layers.remote import read
from dataops_platform.layers.sync import Synced, sync
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import FIRST_DATE, SmallPlatform, day

pytestmark = [pytest.mark.integration, pytest.mark.slow]

_HEADER = "customer_id,name,email,signup_region,signup_date,city\n"
ONE_UNSOUND = f"{_HEADER}1,Ann,A@B.example,EU,2026-01-01,Ulm\n2,Bo,,US,soon,Rye\n"
TWICE = f"{_HEADER}3,Cy,,US,2026-01-02,Rye\n3,Cy,,US,2026-01-02,Rye\n"


@dataclass
class Built:
    """A platform in which everything that landed was brought to gold, and what was said while that was done."""

    small: SmallPlatform
    done: Synced
    said: list[str]

    def materialised(self) -> dict[tuple[str, str | None], dict[str, Any]]:
        """What Dagster shows of every partition of every asset."""
        found = {}
        for key in self.small.instance.get_asset_keys():
            for record in self.small.instance.fetch_materializations(key, limit=100).records:
                told = record.asset_materialization
                assert told is not None
                found[key.to_user_string(), told.partition] = {**told.metadata}
        return found

    def checked(self) -> set[tuple[Any, ...]]:
        """What Dagster shows of every check of every partition."""
        checks = [
            check
            for assets in self.small.definitions().assets or ()
            for check in getattr(assets, "check_keys", ())
        ]
        storage = self.small.instance.event_log_storage
        found = set()
        for check in checks:
            for record in storage.get_asset_check_execution_history(check, limit=100):
                assert record.event is not None
                assert record.event.dagster_event is not None
                told = record.event.dagster_event.asset_check_evaluation_data
                facts = tuple(sorted((name, value.value) for name, value in told.metadata.items()))
                found.add(
                    (
                        check.to_user_string(),
                        told.partition,
                        told.passed,
                        told.blocking,
                        told.description,
                        facts,
                    )
                )
        return found


def land(small: SmallPlatform) -> None:
    """Files have landed on two dates; one of them is refused, and a row of the other is not sound."""
    small.land("customers", day(1), ONE_UNSOUND)
    small.land("customers", day(2), TWICE)


def built(small: SmallPlatform, remote: DatabricksSteps | None) -> Built:
    """Everything that has landed is in gold, by steps here or there."""
    said: list[str] = []
    land(small)
    ports = replace(small.ports, remote=remote, announce=said.append)
    return Built(small, sync(ports, small.job, small.instance, lambda _done, _all: None), said)


@pytest.fixture(scope="module")
def remote_settings(workspace: Workspace, wheel: Path) -> DatabricksSettings:
    """Serverless compute of the workspace, with this package's wheel in its volume."""
    path = f"{workspace.volume}/{wheel.name}"
    workspace.volumes.write(path, wheel.read_bytes())
    return DatabricksSettings(workspace.volume, path)


def steps_of(small: SmallPlatform, settings: DatabricksSettings) -> DatabricksSteps:
    """The platform's steps, as job runs."""
    told = {
        "DATAOPS_LANDING_URL": str(small.folder / "landing"),
        "DATAOPS_LAKE_URL": str(small.folder / "lake"),
        "DATAOPS_FIRST_DATE": FIRST_DATE.isoformat(),
    }
    return DatabricksSteps(settings, told, pause=0.2)


@pytest.fixture(scope="module")
def both(
    engine: EmbeddedEngine,
    workspace: Workspace,
    remote_settings: DatabricksSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Built, Built]]:
    """The same files brought to gold in this process, and by job runs."""
    tables, folder = load_tables(), tmp_path_factory.mktemp("both")
    with (
        pytest.MonkeyPatch.context() as variables,
        dg.DagsterInstance.ephemeral() as one,
        dg.DagsterInstance.ephemeral() as other,
    ):
        variables.setenv("DATABRICKS_HOST", workspace.host)
        variables.setenv("DATABRICKS_TOKEN", workspace.token)
        here = SmallPlatform(folder / "here", engine, tables, one)
        there = SmallPlatform(folder / "there", engine, tables, other)
        yield built(here, None), built(there, steps_of(there, remote_settings))


def test_the_tables_are_the_same(both):
    here, there = both

    assert there.small.published() == here.small.published()
    assert here.small.rows("gold/customer_360")


def test_what_was_refused_is_refused_in_the_same_words(both):
    here, there = both

    assert [entry.message for entry in there.done.refused] == [entry.message for entry in here.done.refused]
    assert here.done.refused
    assert there.done.problems == here.done.problems


def test_dagster_shows_the_same_materialisations(both):
    here, there = both

    assert there.materialised() == here.materialised()
    assert ("silver/customers", "2026-01-01") in here.materialised()


def test_dagster_shows_the_same_checks(both):
    here, there = both

    assert there.checked() == here.checked()
    assert any(not passed for _, _, passed, *_ in here.checked())


def test_each_step_is_one_job_run_with_a_name_people_can_read(both, workspace):
    here, there = both
    names = [run.request["run_name"] for run in workspace.runs.all.values()]

    assert names[:3] == [
        "dataops bronze/customers for team:customer-analytics",
        "dataops silver/customers for team:customer-analytics",
        "dataops gold/customer_360 for team:customer-analytics",
    ]
    assert there.said == here.said


@pytest.mark.usefixtures("both")
def test_nothing_is_left_in_the_volume_but_the_wheel(workspace):
    assert [path.name for path in Path(workspace.volume).rglob("*") if path.is_file()] == [
        path.name for path in Path(workspace.volume).glob("*.whl")
    ]


@pytest.mark.usefixtures("both")
def test_a_cluster_that_kept_an_older_wheel_refuses_before_work_begins(
    workspace, wheel, tmp_path, monkeypatch
):
    monkeypatch.setenv("DATABRICKS_HOST", workspace.host)
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.token)
    older = Path(workspace.volume) / "older.whl"
    workspace.volumes.write(str(older), wheel.read_bytes())
    with zipfile.ZipFile(older, "a") as packed:
        packed.writestr("dataops_platform/tables/another.py", "")
    order = StepOrder("bronze", "customers", (day(1),), "older")

    monkeypatch.setattr(steps, "identity_of_wheel", lambda _wheel: package_identity())

    with pytest.raises(EnvironmentProblem, match="Restart the cluster") as problem:
        read(
            DatabricksSteps(
                DatabricksSettings(workspace.volume, str(older)),
                {"DATAOPS_LAKE_URL": str(tmp_path / "lake")},
                pause=0.1,
            ).done(order, print, print)
        )

    assert package_identity() in str(problem.value)
    assert not (tmp_path / "lake").exists()
    older.unlink()


def test_no_credential_is_in_what_was_submitted(workspace):
    told = repr([run.request for run in workspace.runs.all.values()])

    assert workspace.token not in told
