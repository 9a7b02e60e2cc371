"""Steps as job runs: whatever becomes of requests, answers and runs, each ends in one sentence or in another try."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from dataops_platform.databricks.package_identity import package_identity
from dataops_platform.databricks.settings import DatabricksSettings
from dataops_platform.databricks.steps import DatabricksSteps
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform_tests.databricks.orders import ORDER, WHEEL, problem

pytestmark = pytest.mark.integration


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


@pytest.mark.parametrize("lost", ["dropped after", 500, 503])
def test_a_submission_whose_answer_is_lost_is_repeated_and_runs_once(fresh, lost):
    fresh.runs.outcomes.extend(["CANCELED", "SUCCESS"])
    fresh.faults.append(("runs/submit", lost))

    assert "was cancelled there" in str(problem(fresh, patience=30))
    assert len(fresh.runs.all) == 1
    assert fresh.requests.count(("POST", "/api/2.2/jobs/runs/submit")) == 2


def test_a_job_run_goes_on_although_databricks_cannot_tell_of_it_for_a_while(fresh):
    fresh.runs.outcomes.append("CANCELED")
    fresh.faults.extend([("runs/get", status) for status in (500, 502, 504)])

    assert "was cancelled there" in str(problem(fresh))
    assert ("POST", "/api/2.2/jobs/runs/cancel") not in fresh.requests


def test_a_workspace_that_keeps_failing_is_given_up_and_worth_another_try(fresh):
    fresh.faults.extend([("runs/submit", 500)] * 9)

    assert isinstance(problem(fresh), Unreachable)
    assert fresh.requests.count(("POST", "/api/2.2/jobs/runs/submit")) == 4


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


def test_a_folder_of_this_machine_is_no_place_where_a_cluster_elsewhere_stages_rows(fresh, monkeypatch):
    monkeypatch.setenv("DATABRICKS_HOST", "https://dbc-1.cloud.databricks.com")
    told = DatabricksSettings(fresh.volume, f"{fresh.volume}/{WHEEL}", engine="connect")

    with pytest.raises(EnvironmentProblem, match="DATAOPS_STAGING_URL is the folder /staging"):
        DatabricksSteps(told, {"DATAOPS_LAKE_URL": "s3://lake", "DATAOPS_STAGING_URL": "/staging"}).done(
            ORDER, print, print
        )


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
