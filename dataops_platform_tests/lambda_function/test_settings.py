"""The function's settings: one sentence for each variable that says nothing usable."""

from datetime import date

import boto3
import pytest

from dataops_platform.databricks.jobs import DatabricksJobs
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.lambda_function.handler import intake_for
from dataops_platform.lambda_function.settings import JobSettings, read_function_settings, source_tables
from dataops_platform.resources.secrets import secret
from dataops_platform_tests.moto_aws import REGION

BUCKETS = {"DATAOPS_LANDING_URL": "s3://landing", "DATAOPS_LAKE_URL": "s3://lake/some/prefix"}
JOB = {
    "TRIGGER_DATABRICKS_JOB": "true",
    "DATABRICKS_JOB_ID": "620",
    "DATABRICKS_HOST": "https://dbc-1.cloud.databricks.com",
    "DATABRICKS_TOKEN_SECRET": "dataops/databricks",
}


def test_two_buckets_are_enough():
    settings = read_function_settings(BUCKETS)

    assert (settings.landing_url, settings.lake_url) == ("s3://landing", "s3://lake/some/prefix")
    assert (settings.first_date, settings.job) == (date(2018, 1, 1), None)


@pytest.mark.parametrize("wanted", ["true", "True", "TRUE"])
def test_a_job_is_started_where_it_is_asked_for_and_named(wanted):
    settings = read_function_settings({**BUCKETS, **JOB, "TRIGGER_DATABRICKS_JOB": wanted})

    assert settings.job == JobSettings(JOB["DATABRICKS_HOST"], 620, "dataops/databricks")


@pytest.mark.parametrize("wanted", ["", "false", "False"])
def test_a_job_is_started_nowhere_else(wanted):
    assert read_function_settings({**BUCKETS, **JOB, "TRIGGER_DATABRICKS_JOB": wanted}).job is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATAOPS_LANDING_URL", ""),
        ("DATAOPS_LANDING_URL", "landing"),
        ("DATAOPS_LAKE_URL", "s3://"),
        ("DATAOPS_LAKE_URL", "lake"),
        ("DATAOPS_FIRST_DATE", "2026-02-31"),
        ("TRIGGER_DATABRICKS_JOB", "yes"),
        ("DATABRICKS_JOB_ID", ""),
        ("DATABRICKS_JOB_ID", "my job"),
        ("DATABRICKS_JOB_ID", "٣"),
        ("DATABRICKS_HOST", ""),
        ("DATABRICKS_TOKEN_SECRET", ""),
    ],
)
def test_a_variable_that_says_nothing_usable_is_a_sentence_that_names_it(name, value):
    with pytest.raises(EnvironmentProblem, match=name):
        read_function_settings({**BUCKETS, **JOB, name: value})


def test_the_intake_is_made_of_the_settings_and_contacts_nobody():
    intake = intake_for(read_function_settings({**BUCKETS, **JOB}), frozenset({"customers"}))

    ingest = intake.announced.ingest
    assert (ingest.landing.name, ingest.lake_store.prefix) == ("landing", "some/prefix/")
    assert isinstance(intake.jobs, DatabricksJobs)
    assert ingest.is_partition(date(2018, 1, 1))
    assert not ingest.is_partition(date(2017, 12, 31))


def test_a_function_that_was_not_packaged_says_how_to(tmp_path):
    with pytest.raises(EnvironmentProblem, match=r"deploy/lambda/build\.py"):
        source_tables(tmp_path)


@pytest.mark.integration
def test_a_secret_is_read_as_it_is_now_and_a_missing_one_says_what_to_check(aws):
    client = boto3.client("secretsmanager", endpoint_url=aws.endpoint, region_name=REGION)
    name = aws.name("dataops/databricks-")
    client.create_secret(Name=name, SecretString="first")  # nobody's
    assert secret(name, client) == "first"

    client.update_secret(SecretId=name, SecretString="second")
    assert secret(name, client) == "second"

    with pytest.raises(EnvironmentProblem, match=r"DATABRICKS_TOKEN_SECRET .*ResourceNotFoundException"):
        secret("nowhere", client)
    client.close()
