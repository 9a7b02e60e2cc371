"""Settings: what the DATAOPS_* variables say, and one sentence for each that says nothing usable."""

from datetime import date

import boto3
import pytest

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.environments import platform_for, read_settings
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.object_store import S3Store


def test_without_variables_everything_has_a_default():
    settings = read_settings({})

    assert (settings.environment, settings.engine) == ("local", "embedded")
    assert (settings.landing_url, settings.lake_url) == ("s3://landing", "s3://lake")
    assert settings.first_date == date(2018, 1, 1)


@pytest.mark.parametrize(
    ("environment", "sensors", "run"),
    [
        ("local", None, False),
        ("test", None, False),
        ("staging", None, True),
        ("production", None, True),
        ("local", "on", True),
        ("production", "off", False),
    ],
)
def test_sensors_start_switched_on_where_nobody_looks_on(environment, sensors, run):
    told = {"DATAOPS_ENV": environment} | ({"DATAOPS_SENSORS": sensors} if sensors else {})

    assert read_settings(told).sensors_run is run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATAOPS_ENV", "prod"),
        ("DATAOPS_ENGINE", "duckdb"),
        ("DATAOPS_SENSORS", "yes"),
        ("DATAOPS_CLOUDWATCH", "yes"),
        ("DATAOPS_OTLP", "http://collector:4318"),
        ("DATAOPS_QUIET_HOURS", "22"),
        ("DATAOPS_QUIET_HOURS", "22-24"),
        ("DATAOPS_ALERT_SNS_TOPIC", "alerts"),
        ("DATAOPS_LANDING_URL", "gs://bucket"),
        ("DATAOPS_LANDING_URL", "s3://"),
        ("DATAOPS_LAKE_URL", "https://example.com/lake"),
        ("DATAOPS_LAKE_URL", "s3:///lake"),
        ("DATAOPS_FIRST_DATE", "yesterday"),
        ("DATAOPS_FIRST_DATE", "2026-02-31"),
        ("DATAOPS_FIRST_DATE", "01.02.2026"),
    ],
)
def test_a_variable_that_says_nothing_usable_is_one_sentence_with_its_name_its_value_and_what_it_may_be(
    name, value
):
    with pytest.raises(EnvironmentProblem) as problem:
        read_settings({name: value})

    text = str(problem.value)
    assert text.startswith(f"{name} is {value!r}; ")
    assert "may be" in text or "write" in text
    assert "\n" not in text
    assert not problem.value.is_transient


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATAOPS_ALERT_SNS_TOPIC", "https://hooks.example/services/secret-token"),
        ("DATAOPS_LANDING_URL", "ftp://me:secret-token@files.example"),
        ("DATAOPS_QUEUE_URL", "https://me:secret-token@queue.example/landed"),
    ],
)
def test_an_address_in_the_wrong_place_is_told_without_what_opens_it(name, value):
    with pytest.raises(EnvironmentProblem, match=name) as problem:
        read_settings({name: value})

    assert "secret-token" not in str(problem.value)


def test_an_empty_variable_counts_as_unset():
    assert read_settings({"DATAOPS_ENV": "", "DATAOPS_FIRST_DATE": ""}) == read_settings({})


@pytest.mark.parametrize("spelt", ["{0}", "file://{0}"])
def test_folders_serve_as_landing_and_lake_and_the_lakes_is_made(tmp_path, spelt):
    urls = {
        "DATAOPS_LANDING_URL": spelt.format(tmp_path / "landing"),
        "DATAOPS_LAKE_URL": spelt.format(tmp_path / "lake"),
    }

    platform = platform_for(read_settings(urls), [])

    assert isinstance(platform.landing, FolderStore)
    assert platform.lake.url == str(tmp_path / "lake")
    assert (tmp_path / "lake").is_dir()


def test_making_a_platform_contacts_nobody():
    platform = platform_for(read_settings({}), [])

    assert isinstance(platform.lake_store, S3Store)
    assert platform.lake.url == "s3://lake"


@pytest.mark.parametrize("name", ["my lake", "müller", "a#b"])
def test_a_lake_folder_whose_name_the_engine_cannot_read_is_refused_before_anything_is_written(
    tmp_path, name
):
    settings = read_settings({"DATAOPS_LAKE_URL": str(tmp_path / name)})

    with pytest.raises(EnvironmentProblem, match="DATAOPS_LAKE_URL"):
        platform_for(settings, [])


def test_an_s3_client_takes_the_credentials_of_its_moment(monkeypatch):
    """boto3's default session would keep the first ones it ever saw, whatever the variables say later."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    assert S3Store("landing").client.meta.service_model.service_name == "s3"

    assert boto3.DEFAULT_SESSION is None


def test_numbers_and_alerts_stay_at_home_unless_a_variable_sends_them_out(tmp_path):
    quiet = platform_for(read_settings({"DATAOPS_LAKE_URL": str(tmp_path)}), ())
    assert (quiet.metric_sinks, quiet.channels, quiet.alert_rules.quiet) == ((), (), None)

    told = {
        "DATAOPS_LAKE_URL": str(tmp_path),
        "DATAOPS_CLOUDWATCH": "on",
        "DATAOPS_OTLP": "on",
        "DATAOPS_ALERT_SNS_TOPIC": "arn:aws:sns:eu-central-1:123456789012:alerts",
        "DATAOPS_ALERT_URLS": "json://me:secret-token@hook.example mailto://me:secret-token@mail.example",
        "DATAOPS_QUIET_HOURS": "22-6",
        "DATAOPS_DAGSTER_URL": "https://dagster.example",
    }
    settings = read_settings(told)
    loud = platform_for(settings, ())

    assert [sink.name for sink in loud.metric_sinks] == ["cloudwatch", "otlp"]
    assert [channel.name.split()[0] for channel in loud.channels] == ["sns", "json", "mailto"]
    assert (loud.alert_rules.quiet, loud.alert_rules.runs_url) == ((22, 6), "https://dagster.example")
    assert "secret-token" not in f"{settings} {[channel.name for channel in loud.channels]}"
