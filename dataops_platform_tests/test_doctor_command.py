"""`dataops doctor`: each part of the environment in a line, what is wrong with what to do, and no secret."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from dataops_platform.cli import dataops

pytestmark = pytest.mark.integration


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A landing area and a lake that are there."""
    for name in ("landing", "lake"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"DATAOPS_{name.upper()}_URL", str(tmp_path / name))
    return tmp_path


def doctor():
    """The exit code, and what is told of each part."""
    result = CliRunner().invoke(dataops, ["doctor"])
    lines = result.output.splitlines()
    return result.exit_code, {line[8:21].strip(): (line[:8].strip(), line[21:]) for line in lines}


@pytest.mark.usefixtures("folders")
def test_an_environment_that_works_is_told_part_by_part():
    code, told = doctor()

    assert code == 0
    assert {state for state, _ in told.values()} == {"ok"}
    assert list(told) == ["environment", "versions", "landing", "lake", "engine"]
    assert "engine embedded" in told["environment"][1]
    assert "pysail 0." in told["versions"][1]


def test_what_is_missing_is_told_with_what_to_do_and_the_rest_all_the_same(folders):
    (folders / "landing").rmdir()

    code, told = doctor()

    assert code == 1
    assert told["landing"][0] == "missing"
    assert "Create it" in told["landing"][1]
    assert told["engine"][0] == "ok"


def test_a_lake_that_the_first_sync_will_make_is_no_problem(folders):
    (folders / "lake").rmdir()

    code, told = doctor()

    assert code == 0
    assert "the first sync makes it" in told["lake"][1]


@pytest.mark.usefixtures("folders")
def test_spark_without_java_is_told_where_java_is_asked_about(monkeypatch):
    monkeypatch.setenv("DATAOPS_ENGINE", "spark")
    monkeypatch.setenv("JAVA_HOME", "nowhere")

    code, told = doctor()

    assert code == 1
    missing = [part for part, (state, _) in told.items() if state == "missing"]
    assert [part for part in missing if part != "jars"] == ["java", "engine"]  # jars may not be fetched yet


@pytest.mark.usefixtures("folders")
def test_credentials_are_there_or_not_and_never_shown(monkeypatch):
    secret = {"AWS_ACCESS_KEY_ID": "AKIAPLANTED", "AWS_SECRET_ACCESS_KEY": "planted-secret"}
    secret |= {"AWS_ENDPOINT_URL": "http://user:planted-password@127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    for name, value in {**secret, "DATAOPS_LANDING_URL": "s3://landing"}.items():
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(dataops, ["doctor"])

    assert result.exit_code == 1
    assert "present, from env" in result.output
    assert "http://…@127.0.0.1:1" in result.output
    assert not [word for word in ("AKIAPLANTED", "planted") if word in result.output]
