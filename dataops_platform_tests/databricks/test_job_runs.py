"""Steps as job runs: what is submitted, how many at once, and how they are stopped."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import dagster as dg
import pytest

from dataops_platform.core.interruption import interruptible
from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.errors import EnvironmentProblem, Interrupted
from dataops_platform.layers.executor import execute, executor_for
from dataops_platform.layers.turn import beside_other_steps, in_turn
from dataops_platform_tests.databricks.orders import ORDER, WHEEL, done, problem

pytestmark = pytest.mark.integration


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


def test_nothing_of_an_order_is_left_in_the_volume(fresh):
    fresh.runs.outcomes.append("CANCELED")
    problem(fresh)

    assert [path.name for path in Path(fresh.volume).rglob("*") if path.is_file()] == [WHEEL]
    assert "a-run" not in json.dumps(fresh.runs.all[1].request)


def test_the_same_order_of_the_same_attempt_is_one_run_and_the_next_attempt_another(fresh):
    fresh.runs.outcomes.extend(["CANCELED"] * 3)
    later = StepOrder(**{**vars(ORDER), "attempt": 1})
    for order in (ORDER, ORDER, later):
        with pytest.raises(EnvironmentProblem):
            done(fresh, order)

    assert len(fresh.runs.all) == 2
