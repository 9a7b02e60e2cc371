"""What job runs start with: an order or a command, and nothing else."""

from __future__ import annotations

import sys
import tomllib

import pytest

from dataops_platform.commands import job, step
from dataops_platform.databricks.task import ENTRY_POINT
from dataops_platform.errors import EnvironmentProblem, UnclearRequest
from dataops_platform_tests.databricks.wheel import ROOT


def test_the_step_that_is_submitted_is_an_entry_point_of_the_wheel():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert scripts[ENTRY_POINT] == f"{step.__name__}:main"
    assert scripts["dataops-job"] == f"{job.__name__}:main"


def test_a_step_that_nobody_ordered_says_so(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dataops-step"])

    with pytest.raises(UnclearRequest, match="dataops sync"):
        step.main()


def test_an_order_of_other_code_is_refused_before_work_begins():
    with pytest.raises(EnvironmentProblem, match="Nothing was begun"):
        step.work({"package": "0.0.1+abc", "variables": {}, "order": {}}, print, print)


def test_a_job_runs_a_command_with_the_variables_it_is_given(monkeypatch, capsys, tmp_path):
    told = [
        f"DATAOPS_LAKE_URL={tmp_path / 'lake'}",
        f"DATAOPS_LANDING_URL={tmp_path}",
        "AWS_REGION=eu-central-1",
    ]
    monkeypatch.setattr(sys, "argv", ["dataops-job", *told, "contracts", "list"])
    for name in ("DATAOPS_LAKE_URL", "DATAOPS_LANDING_URL", "AWS_REGION"):
        monkeypatch.setenv(name, "")

    job.main()

    assert "customers" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["DATAOPS_ENV=test"]])
def test_a_job_without_a_command_says_so(monkeypatch, words):
    monkeypatch.setenv("DATAOPS_ENV", "")
    monkeypatch.setattr(sys, "argv", ["dataops-job", *words])

    with pytest.raises(UnclearRequest, match="dataops-job runs a command"):
        job.main()


def test_a_command_that_fails_fails_the_job(monkeypatch):
    monkeypatch.setenv("DATAOPS_LAKE_URL", "")
    monkeypatch.setattr(sys, "argv", ["dataops-job", "DATAOPS_LAKE_URL=ftp://x", "sync"])

    with pytest.raises(EnvironmentProblem, match="DATAOPS_LAKE_URL"):
        job.main()


def test_a_job_that_is_to_compute_on_a_cluster_says_that_nothing_tells_which(monkeypatch):
    monkeypatch.setenv("DATAOPS_ENGINE", "")
    monkeypatch.setattr(sys, "argv", ["dataops-job", "DATAOPS_ENGINE=connect", "sync"])

    with pytest.raises(
        EnvironmentProblem, match="nothing says where: put DATAOPS_CONNECT_URL into a secret scope"
    ):
        job.main()
