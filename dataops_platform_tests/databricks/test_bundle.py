"""The bundle: every word of it is one that Databricks knows, and every name in it is one of this platform.

Its own JSON schema may be used with Databricks only, so it is not kept here: the SDK's types hold the jobs, and where
the Databricks command is installed, its schema holds the whole.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from databricks.sdk.service.jobs import JobSettings

from dataops_platform.cli import dataops
from dataops_platform.core.landed_object import LandedObject, StoredObject
from dataops_platform.databricks import task
from dataops_platform.lambda_function.intake import Intake
from dataops_platform.resources.environments import read_settings
from dataops_platform_tests.databricks.wheel import ROOT

FILES = [ROOT / "databricks.yml", *sorted((ROOT / "deploy" / "databricks").glob("*.yml"))]
BUNDLE: dict[str, Any] = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "deploy" / "databricks" / "jobs.yml").read_text(encoding="utf-8")
)["resources"]["jobs"]
STORED = StoredObject("customers/a.csv", 1, "etag", datetime(2026, 1, 1, tzinfo=UTC))
EXAMPLES = {
    "landing_url": "s3://acme-landing",
    "lake_url": "s3://acme-lake",
    **{name: told["default"] for name, told in BUNDLE["variables"].items() if "default" in told},
}


def filled(text: str) -> str:
    """The text with an example for each variable."""
    return re.sub(r"\$\{var\.(\w+)\}", lambda found: EXAMPLES[found[1]], text)


def words(job: str) -> list[str]:
    """What the job's one task is started with."""
    [task] = JOBS[job]["tasks"]
    assert task["python_wheel_task"]["entry_point"] == "dataops-job"
    return [filled(word) for word in task["python_wheel_task"]["parameters"]]


@pytest.mark.parametrize("job", JOBS)
def test_every_word_of_a_job_is_one_that_the_jobs_interface_knows(job):
    assert JobSettings.from_dict(JOBS[job]).as_dict() == JOBS[job]


def test_a_misspelt_word_would_be_noticed():
    assert JobSettings.from_dict({"name": "a", "max_concurent_runs": 1}).as_dict() != {
        "name": "a",
        "max_concurent_runs": 1,
    }


@pytest.mark.skipif(shutil.which("databricks") is None, reason="the databricks command is not installed")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_whole_is_what_the_bundles_own_schema_asks_for(file, tmp_path):
    schema = subprocess.run(["databricks", "bundle", "schema"], check=True, capture_output=True).stdout  # noqa: S607
    (tmp_path / "schema.json").write_bytes(schema)
    told = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--schemafile",
        str(tmp_path / "schema.json"),
        str(file),
    ]

    assert subprocess.run(told, check=False).returncode == 0


def test_every_variable_that_is_used_is_declared_and_every_declared_one_used():
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)

    assert {*re.findall(r"\$\{var\.(\w+)\}", text)} == {*BUNDLE["variables"]}


def test_the_wheel_goes_where_the_platform_is_told_to_find_it():
    volume = filled(BUNDLE["workspace"]["artifact_path"]).removesuffix("/wheels")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    told = {
        "DATAOPS_ENGINE": "databricks",
        "DATAOPS_DATABRICKS_VOLUME": volume,
        "DATAOPS_DATABRICKS_WHEEL": f"{volume}/wheels/.internal/dataops_platform-{version}-py3-none-any.whl",
    }

    assert read_settings(told).databricks is not None
    page = (ROOT / "docs" / "databricks.md").read_text(encoding="utf-8")
    assert all(f"{name}={value}" in page for name, value in told.items())


@pytest.mark.parametrize("job", JOBS)
def test_a_job_runs_a_command_with_settings_that_the_platform_reads(job):
    given = dict(word.split("=", 1) for word in words(job) if "=" in word)
    [command] = [word for word in words(job) if "=" not in word]

    assert command in dataops.commands
    assert read_settings(given).lake_url == "s3://acme-lake"
    assert not any("KEY" in name or "TOKEN" in name for name in given)


@pytest.mark.parametrize("job", JOBS)
def test_a_jobs_compute_installs_the_built_wheel_on_the_python_that_steps_run_on(job):
    [environment] = JOBS[job]["environments"]
    build = BUNDLE["artifacts"]["platform"]["build"]

    assert environment["spec"]["dependencies"] == ["./dist/*.whl"]
    assert "--out-dir dist" in build
    assert environment["spec"]["environment_version"] == task.ENVIRONMENT_VERSION


@pytest.mark.parametrize("job", JOBS)
def test_a_jobs_costs_are_told_by_team(job):
    assert JOBS[job]["tags"]["team"] == "${var.team}"


def test_the_job_that_the_function_starts_takes_what_the_function_tells_it():
    lake = SimpleNamespace(ingest=SimpleNamespace(lake_store=SimpleNamespace(name="lake", prefix="")))
    landed: Any = LandedObject("landing", "customers/a.csv", STORED, "customers", "a.csv", date(2026, 1, 1))
    intake: Any = Intake(cast("Any", lake))

    assert {each["name"] for each in JOBS["sync"]["parameters"]} == {*intake._parameters(landed)}  # noqa: SLF001
    assert JOBS["sync"]["queue"] == {
        "enabled": True
    }  # several objects that land at once wait for one another
