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
        ("DATAOPS_DATABRICKS_ENGINE", "spark"),
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


def test_serverless_compute_is_refused_for_an_engine_that_could_not_be_found_there():
    with pytest.raises(EnvironmentProblem, match="DATAOPS_DATABRICKS_ENGINE=connect needs") as problem:
        read_settings(SOUND | {"DATAOPS_DATABRICKS_ENGINE": "connect"})

    assert "serverless compute has none" in str(problem.value)
    assert "DATAOPS_DATABRICKS_CLUSTER" in str(problem.value)


def described(tmp_path, **variables):
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps({"spark_version": "19.x-scala2.13", "spark_env_vars": variables}))
    return {"DATAOPS_DATABRICKS_ENGINE": "connect", "DATAOPS_DATABRICKS_CLUSTER": str(path)}


def test_a_new_cluster_needs_an_address_as_nobody_knows_its_own_before_it_starts(tmp_path):
    with pytest.raises(EnvironmentProblem, match="a new cluster's is not known here"):
        read_settings(SOUND | described(tmp_path))

    referred = described(tmp_path, DATAOPS_CONNECT_URL="{{secrets/spark/url}}")
    assert read_settings(SOUND | referred).databricks


def test_an_address_with_a_token_is_no_part_of_what_is_submitted(tmp_path):
    plain = described(tmp_path, DATAOPS_CONNECT_URL="sc://spark.example/;token=planted")

    with pytest.raises(EnvironmentProblem, match="put it into a secret scope") as problem:
        read_settings(SOUND | plain)

    assert "planted" not in str(problem.value)


@pytest.mark.parametrize(
    "told",
    [
        {"DATAOPS_DATABRICKS_CLUSTER": "0923-164208-meows279"},
        {"DATAOPS_DATABRICKS_SECRET_SCOPE": "spark"},
    ],
)
def test_spark_of_a_cluster_is_asked_for_by_the_clusters_identity_or_by_a_scope_with_an_address(told):
    found = read_settings(SOUND | {"DATAOPS_DATABRICKS_ENGINE": "connect"} | told).databricks

    assert found is not None
    assert found.engine == "connect"


@pytest.mark.parametrize(
    ("lake", "staging", "told"),
    [
        ("s3://lake/x", None, "s3://lake/x/_staging"),
        ("s3://lake/x", "/Volumes/main/dataops/staging", "/Volumes/main/dataops/staging"),
    ],
)
def test_a_job_that_computes_on_a_cluster_is_told_where_rows_are_staged_and_no_address(lake, staging, told):
    given = SOUND | {
        "DATAOPS_DATABRICKS_ENGINE": "connect",
        "DATAOPS_DATABRICKS_CLUSTER": "0923-164208-meows279",
        "DATAOPS_CONNECT_URL": "sc://spark.example/;token=planted",
        "DATAOPS_LAKE_URL": lake,
        **({"DATAOPS_STAGING_URL": staging} if staging else {}),
    }

    remote = platform_for(read_settings(given), ()).remote

    assert isinstance(remote, DatabricksSteps)
    assert remote._variables["DATAOPS_ENGINE"] == "connect"  # noqa: SLF001  # what travels
    assert remote._variables["DATAOPS_STAGING_URL"] == told  # noqa: SLF001  # likewise
    assert "planted" not in repr(remote._variables) + repr(remote._settings)  # noqa: SLF001  # likewise


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


def test_a_catalog_to_look_into_is_a_plain_name():
    assert read_settings({"DATAOPS_UNITY_CATALOG": "main"}).unity_catalog == "main"
    with pytest.raises(EnvironmentProblem, match="DATAOPS_UNITY_CATALOG is"):
        read_settings({"DATAOPS_UNITY_CATALOG": "main/../other"})
