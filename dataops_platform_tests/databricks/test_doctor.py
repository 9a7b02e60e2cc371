"""`dataops doctor` where steps are Databricks jobs: whether the workspace answers, and has the wheel of this code."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dataops_platform.cli import dataops
from dataops_platform_tests.databricks.orders import WHEEL

pytestmark = pytest.mark.integration


@pytest.fixture
def told(fresh, tmp_path, monkeypatch):
    """Asks the doctor, and gives its line about Databricks."""
    variables = {
        "DATAOPS_ENGINE": "databricks",
        "DATAOPS_DATABRICKS_VOLUME": fresh.volume,
        "DATAOPS_DATABRICKS_WHEEL": f"{fresh.volume}/{WHEEL}",
        "DATAOPS_LANDING_URL": str(tmp_path),
        "DATAOPS_LAKE_URL": str(tmp_path / "lake"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def ask():
        lines = CliRunner().invoke(dataops, ["doctor"]).output.splitlines()
        [line] = [line for line in lines if line[8:].startswith("databricks ")]
        return line

    return ask


def test_a_workspace_with_the_wheel_of_this_code_is_well(told, fresh):
    assert told().startswith("ok")
    assert not fresh.runs.all


def test_a_workspace_without_the_wheel_is_told_with_what_to_do(told, fresh):
    (Path(fresh.volume) / WHEEL).unlink()

    line = told()

    assert line.startswith("missing")
    assert WHEEL in line
