"""Spark's command: a quick start where it was prepared, this machine alone, and no secret in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dataops_platform.engines import spark_classes, spark_command
from dataops_platform.engines.java import Java

JAVA = Java("/usr/bin/java", "17.0.15", 17)


@pytest.fixture
def jars(tmp_path, monkeypatch):
    """The jars that were fetched, in the folder of engines' files."""
    monkeypatch.setenv("DATAOPS_ENGINE_FILES", str(tmp_path))
    return [tmp_path / "one-1.0.jar", tmp_path / "two-1.0.jar"]


def test_the_archive_of_classes_is_used_once_it_was_made(jars):
    before = spark_classes.flags(JAVA, jars)
    archive = spark_classes.archive_for(JAVA, jars)
    archive.touch()

    assert not any("SharedArchiveFile" in flag for flag in before)
    assert f"-XX:SharedArchiveFile={archive}" in spark_classes.flags(JAVA, jars)


def test_the_archive_of_another_java_or_of_other_jars_is_not(jars):
    spark_classes.archive_for(JAVA, jars).touch()

    for java, others in ((replace(JAVA, version="17.0.16"), jars), (JAVA, jars[:1])):
        assert not any("SharedArchiveFile" in flag for flag in spark_classes.flags(java, others))


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_spark_is_told_where_s3_is_and_no_key_of_it(jars, tmp_path, monkeypatch, name):
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKIAPLANTED",
        "AWS_SECRET_ACCESS_KEY": "planted",
        "AWS_SESSION_TOKEN": "planted",
    }
    for variable, value in {**secrets, name: "http://127.0.0.1:8333", "AWS_REGION": "eu-north-1"}.items():
        monkeypatch.setenv(variable, value)

    asked = spark_command.settings(tmp_path, 15002)
    words = spark_command.command(JAVA, flags=[], jars=jars, asked=asked)

    assert asked["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:8333"
    assert asked["spark.hadoop.fs.s3a.endpoint.region"] == "eu-north-1"
    assert "planted" not in " ".join(words).lower()


def test_everything_spark_listens_on_is_loopback(jars, tmp_path):
    asked = spark_command.settings(tmp_path, 15002)

    addresses = {
        name: value for name, value in asked.items() if name.endswith((".address", "bindAddress", ".host"))
    }
    assert set(addresses.values()) == {"127.0.0.1"}
    assert "spark.connect.grpc.binding.address" in addresses
    assert asked["spark.ui.enabled"] == "false"
    assert "org.apache.spark.deploy.SparkSubmit" in spark_command.command(
        JAVA, flags=[], jars=jars, asked=asked
    )
