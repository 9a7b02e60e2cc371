"""Settings of steps that are Databricks jobs: what each variable may be, and what the job is told."""

from __future__ import annotations

import json

import pytest

from dataops_platform.databricks.steps import DatabricksSteps
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.environments import platform_for, read_settings

SOUND = {
    "DATAOPS_ENGINE": "databricks",
    "DATAOPS_DATABRICKS_VOLUME": "/Volumes/main/dataops/runs",
    "DATAOPS_DATABRICKS_WHEEL": "/Volumes/main/dataops/runs/wheels/.internal/dataops_platform-0.1.0-py3-none-any.whl",
}


def test_steps_stay_in_this_process_unless_the_engine_is_databricks(tmp_path):
    here = read_settings({"DATAOPS_LAKE_URL": str(tmp_path)})

    assert here.databricks is None
    assert platform_for(here, ()).remote is None
    assert isinstance(platform_for(read_settings(SOUND), ()).remote, DatabricksSteps)


def test_without_a_cluster_compute_is_serverless_and_the_engine_there_the_embedded_one():
    told = read_settings(SOUND).databricks

    assert told is not None
    assert (told.cluster, told.new_cluster, told.engine) == ("", {}, "embedded")


def test_a_cluster_is_an_identity_or_a_file_that_describes_it(tmp_path):
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps({"spark_version": "17.3.x-scala2.13"}))
    named = read_settings(SOUND | {"DATAOPS_DATABRICKS_CLUSTER": "0923-164208-meows279"}).databricks
    described = read_settings(SOUND | {"DATAOPS_DATABRICKS_CLUSTER": str(path)}).databricks

    assert named is not None
    assert described is not None
    assert named.cluster == "0923-164208-meows279"
    assert described.new_cluster == {"spark_version": "17.3.x-scala2.13"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATAOPS_DATABRICKS_VOLUME", ""),
        ("DATAOPS_DATABRICKS_VOLUME", "dbfs:/tmp"),
        ("DATAOPS_DATABRICKS_VOLUME", "/Volumes/main/dataops"),
        ("DATAOPS_DATABRICKS_WHEEL", ""),
        ("DATAOPS_DATABRICKS_WHEEL", "dist/platform.whl"),
        ("DATAOPS_DATABRICKS_WHEEL", "/Workspace/platform.whl"),
        ("DATAOPS_DATABRICKS_ENGINE", "databricks"),
        ("DATAOPS_DATABRICKS_CLUSTER", "my cluster"),
        ("DATAOPS_DATABRICKS_CLUSTER", "missing.json"),
        ("DATAOPS_DATABRICKS_BUDGET_POLICY", "a b"),
        ("DATAOPS_DATABRICKS_SECRET_SCOPE", "a/b"),
    ],
)
def test_a_variable_that_says_nothing_usable_is_one_sentence_with_its_name(name, value):
    with pytest.raises(EnvironmentProblem, match=name) as problem:
        read_settings(SOUND | {name: value})

    assert "\n" not in str(problem.value)


def test_a_job_is_told_where_the_lake_is_and_no_key_of_it(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("DATAOPS_ALERT_URLS", "json://me:a-secret@hook.example")
    given = SOUND | {
        "DATAOPS_LANDING_URL": "s3://in",
        "DATAOPS_LAKE_URL": "s3://lake/x",
        "DATAOPS_ENV": "production",
    }

    remote = platform_for(read_settings(given), ()).remote

    assert isinstance(remote, DatabricksSteps)
    assert remote._variables == {  # noqa: SLF001  # what travels
        "DATAOPS_ENV": "production",
        "DATAOPS_ENGINE": "embedded",
        "DATAOPS_LANDING_URL": "s3://in",
        "DATAOPS_LAKE_URL": "s3://lake/x",
        "DATAOPS_FIRST_DATE": "2018-01-01",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
