"""Steps as job runs: whatever becomes of requests, answers and runs, each ends in one sentence or in another try."""

from __future__ import annotations

import json
import os
import signal
import threading
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataops_platform.core.interruption import interruptible
from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.demo.databricks_workspace import Workspace
from dataops_platform.errors import EnvironmentProblem, Interrupted, PlatformError, Unreachable
from dataops_platform.layers.executor import execute, executor_for
from dataops_platform.layers.turn import beside_other_steps, in_turn
from dataops_platform.resources.databricks_settings import DatabricksSettings
from dataops_platform.resources.databricks_steps import DatabricksSteps
from dataops_platform.resources.package_identity import package_identity

pytestmark = pytest.mark.integration

WHEEL = "platform.whl"
ORDER = StepOrder("silver", "transactions", (date(2026, 1, 1),), "a-run", 0, "team:sales")


def steps(workspace: Workspace, *, patience: int = 5, **settings: Any) -> DatabricksSteps:
    """Steps as job runs, none of which a test here lets begin its work."""
    told = DatabricksSettings(workspace.volume, f"{workspace.volume}/{WHEEL}", **settings)
    return DatabricksSteps(told, {}, pause=0.005, patience=patience)


def done(
    workspace: Workspace, order: StepOrder = ORDER, log: Callable[[str], None] = print, **settings: Any
) -> Any:
    """What becomes of the order."""
    return steps(workspace, **settings).done(order, print, log)


def problem(workspace: Workspace, **settings: Any) -> PlatformError:
    """The sentence that the order ends in."""
    with pytest.raises(PlatformError) as raised:
        done(workspace, **settings)
    assert "\n" not in str(raised.value)
    assert workspace.token not in str(raised.value)
    return raised.value


@pytest.fixture
def fresh(credentials: Workspace, wheel: Path) -> Workspace:
    """The workspace, in which nobody has submitted anything; the wheel is there."""
    credentials.volumes.write(f"{credentials.volume}/{WHEEL}", wheel.read_bytes())
    credentials.runs.forget()
    credentials.faults.clear()
    credentials.requests.clear()
    return credentials


@pytest.mark.parametrize(
    ("outcome", "word", "is_transient"),
    [
        ("SKIPPED", "skipped", True),
        ("INTERNAL_ERROR", "internal error", True),
        ("SUCCESS", "answer did not come", True),
        ("CANCELED", "was cancelled there", False),
        ("TIMEDOUT", "took longer", False),
        ("FAILED", "without an answer", False),
    ],
)
def test_a_run_that_ends_without_an_answer_is_one_sentence_with_its_page(fresh, outcome, word, is_transient):
    fresh.runs.outcomes.append(outcome)

    told = problem(fresh)

    assert word in str(told)
    assert "silver/transactions" in str(told)
    assert fresh.page(1) in str(told)
    assert told.is_transient is is_transient


@pytest.mark.parametrize("lost", ["dropped after", 503])
def test_a_submission_whose_answer_is_lost_is_repeated_and_runs_once(fresh, lost):
    fresh.runs.outcomes.extend(["CANCELED", "SUCCESS"])
    fresh.faults.append(("runs/submit", lost))

    assert "was cancelled there" in str(problem(fresh, patience=30))
    assert len(fresh.runs.all) == 1
    assert fresh.requests.count(("POST", "/api/2.2/jobs/runs/submit")) == 2


def test_the_same_order_of_the_same_attempt_is_one_run_and_the_next_attempt_another(fresh):
    fresh.runs.outcomes.extend(["CANCELED"] * 3)
    later = StepOrder(**{**vars(ORDER), "attempt": 1})
    for order in (ORDER, ORDER, later):
        with pytest.raises(EnvironmentProblem):
            done(fresh, order)

    assert len(fresh.runs.all) == 2


def test_a_workspace_that_stays_busy_is_given_up_and_worth_another_try(fresh):
    fresh.faults.extend([("runs/submit", 429)] * 50)

    told = problem(fresh, patience=1)

    assert isinstance(told, Unreachable)
    assert "429" in str(told)


@pytest.mark.parametrize(
    ("status", "word"), [(401, "expired"), (403, "none of this workspace"), (404, "not there")]
)
def test_a_refusal_is_asked_no_second_time_and_says_what_to_do(fresh, status, word):
    fresh.faults.append(("runs/submit", status))

    told = problem(fresh)

    assert word in str(told)
    assert not told.is_transient
    assert fresh.requests.count(("POST", "/api/2.2/jobs/runs/submit")) == 1


def test_a_token_that_expired_is_told_as_such(fresh, monkeypatch):
    fresh.expired.add("dapi-old")
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-old")

    assert "expired" in str(problem(fresh))


def test_a_token_of_another_workspace_is_told_as_such(fresh, monkeypatch):
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-other")

    assert "none of this workspace" in str(problem(fresh))


def test_a_host_where_nobody_answers_is_worth_another_try(fresh, monkeypatch):
    monkeypatch.setenv("DATABRICKS_HOST", "http://127.0.0.1:9")

    told = problem(fresh, patience=1)

    assert isinstance(told, Unreachable)
    assert "DATABRICKS_HOST" in str(told)


def test_without_credentials_the_sentence_says_which_to_set(fresh, monkeypatch, tmp_path):
    monkeypatch.delenv("DATABRICKS_TOKEN")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))

    assert "DATABRICKS_CLIENT_SECRET" in str(problem(fresh))


def test_a_folder_of_this_machine_is_no_lake_for_a_workspace_elsewhere(fresh, monkeypatch):
    monkeypatch.setenv("DATABRICKS_HOST", "https://dbc-1.cloud.databricks.com")
    told = DatabricksSettings(fresh.volume, f"{fresh.volume}/{WHEEL}")

    with pytest.raises(EnvironmentProblem, match="DATAOPS_LAKE_URL is the folder /lake"):
        DatabricksSteps(told, {"DATAOPS_LAKE_URL": "/lake"}).done(ORDER, print, print)


def test_a_token_goes_over_no_open_line(fresh, monkeypatch):
    monkeypatch.setenv("DATABRICKS_HOST", "http://dbc-1.cloud.databricks.com")

    assert "https://" in str(problem(fresh))


def test_a_service_principal_asks_by_tokens_that_it_is_given(fresh, monkeypatch):
    monkeypatch.delenv("DATABRICKS_TOKEN")
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", fresh.client)
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", fresh.secret)
    fresh.runs.outcomes.append("CANCELED")

    assert "was cancelled there" in str(problem(fresh))
    assert ("POST", "/oidc/v1/token") in fresh.requests


def test_a_run_that_is_told_to_stop_cancels_its_job_run(fresh):
    fresh.runs.outcomes.append("stuck")
    over = threading.Event()

    def log(text: str) -> None:
        if "RUNNING" in text:
            over.set()

    with interruptible(over.is_set), pytest.raises(Interrupted):
        done(fresh, log=log)

    assert fresh.runs.all[1].result == "CANCELED"


def test_a_dagster_run_that_is_cancelled_ends_once_its_job_run_has(fresh):
    fresh.runs.outcomes.append("stuck")

    @dg.op
    def step() -> None:
        def log(text: str) -> None:
            if "RUNNING" in text:
                os.kill(os.getpid(), signal.SIGINT)

        with beside_other_steps():
            done(fresh, log=in_turn(log))

    @dg.job(executor_def=executor_for(steps_are_remote=True))
    def one_step():
        step()

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(KeyboardInterrupt):
        execute(one_step, dg.RunRequest(), instance, run_config=quiet)

    assert fresh.runs.all[1].result == "CANCELED"


def test_more_steps_wait_for_job_runs_at_once_than_would_work_here(fresh):
    fresh.runs.outcomes.extend(["stuck"] * 4)
    under_way: set[str] = set()

    def step(name: str) -> dg.OpDefinition:
        @dg.op(name=name)
        def work() -> None:
            def log(text: str) -> None:
                if "RUNNING" in text:
                    under_way.add(name)
                if len(under_way) == 4:
                    for run in fresh.runs.all.values():
                        run.cancelled.set()

            with beside_other_steps(), pytest.raises(EnvironmentProblem):
                done(fresh, StepOrder("silver", name, (), "a-run"), in_turn(log))

        return work

    @dg.job(executor_def=executor_for(steps_are_remote=True))
    def four_steps():
        for number in range(4):
            step(f"step_{number}")()

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        execute(four_steps, dg.RunRequest(), instance, run_config=quiet)

    assert len(under_way) == 4


def test_serverless_compute_installs_the_wheel_and_is_charged_to_its_policy(fresh):
    fresh.runs.outcomes.append("CANCELED")
    problem(fresh, budget_policy="policy-1")

    request = fresh.runs.all[1].request
    assert request["budget_policy_id"] == "policy-1"
    assert request["environments"][0]["spec"]["dependencies"] == [f"{fresh.volume}/{WHEEL}"]
    assert "new_cluster" not in request["tasks"][0]


def test_a_cluster_of_its_own_is_tagged_with_team_table_and_layer(fresh):
    fresh.runs.outcomes.append("CANCELED")
    problem(
        fresh,
        new_cluster={"spark_version": "17.3.x-scala2.13", "num_workers": 0, "custom_tags": {"cost": "7"}},
    )

    [task] = fresh.runs.all[1].request["tasks"]
    assert task["new_cluster"]["custom_tags"] == {
        "cost": "7",
        "team": "sales",
        "table": "transactions",
        "layer": "silver",
    }
    assert task["libraries"] == [{"whl": f"{fresh.volume}/{WHEEL}"}]


def test_a_cluster_that_is_there_is_named(fresh):
    fresh.runs.outcomes.append("CANCELED")
    problem(fresh, cluster="0923-164208-meows279")

    assert fresh.runs.all[1].request["tasks"][0]["existing_cluster_id"] == "0923-164208-meows279"


def test_a_wheel_that_is_not_there_is_told_before_anything_is_submitted(fresh):
    (Path(fresh.volume) / WHEEL).unlink()

    assert WHEEL in str(problem(fresh))
    assert not fresh.runs.all


@pytest.mark.parametrize(
    "change", [{"dataops_platform/errors.py": ""}, {"dataops_platform/tables/orders.py": ""}]
)
def test_a_wheel_of_other_code_is_told_before_anything_is_submitted(fresh, wheel, change):
    with zipfile.ZipFile(wheel) as sound, zipfile.ZipFile(Path(fresh.volume) / WHEEL, "w") as other:
        for name in {*sound.namelist(), *change}:
            other.writestr(name, change[name] if name in change else sound.read(name))

    told = problem(fresh)

    assert "deploy it again" in str(told)
    assert package_identity() in str(told)
    assert not fresh.runs.all


def test_a_file_that_is_no_wheel_is_told_before_anything_is_submitted(fresh):
    fresh.volumes.write(f"{fresh.volume}/{WHEEL}", b"no zip")

    assert "not one of this package" in str(problem(fresh))
    assert not fresh.runs.all


def test_nothing_of_an_order_is_left_in_the_volume(fresh):
    fresh.runs.outcomes.append("CANCELED")
    problem(fresh)

    assert [path.name for path in Path(fresh.volume).rglob("*") if path.is_file()] == [WHEEL]
    assert "a-run" not in json.dumps(fresh.runs.all[1].request)
