"""The pipelines: sound by their vendors' own schemas, of the README's commands, without keys and with few rights."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops_platform.commands.quality_report import SOMEBODY_IS_NEEDED
from dataops_platform_tests.deploy.production import DEPLOY, REPOSITORY
from dataops_platform_tests.deploy.vendor_schemas import breaches

GITLAB = REPOSITORY / ".gitlab-ci.yml"
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
PIPELINES = [GITLAB, *WORKFLOWS]
#: What a GitLab file says of all jobs.
NO_JOB = {"workflow", "stages", "default", "variables"}
#: The most that a job of ours may do to the repository and its packages.
WRITES = {
    "packages": {"image"},
    "id-token": {"staging", "production", "quality"},
    "pull-requests": {"review"},
}


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def gitlab_jobs() -> dict[str, Any]:
    return {name: job for name, job in document(GITLAB).items() if name not in NO_JOB}


def github_jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        yield from document(path)["jobs"].items()


def commands(path: Path) -> str:
    """All that a pipeline runs."""
    if path == GITLAB:
        jobs = gitlab_jobs().values()
        return "\n".join(
            line for job in jobs for line in [*job.get("before_script", []), *job.get("script", [])]
        )
    return "\n".join(
        step["run"] for job in document(path)["jobs"].values() for step in job["steps"] if "run" in step
    )


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_a_pipeline_is_what_its_vendors_schema_asks_for(path):
    found = breaches("gitlab-ci" if path == GITLAB else "github-workflows", path)

    assert not found


def test_the_linter_of_workflows_finds_no_danger():
    linter = str(Path(sys.executable).with_name("zizmor"))
    command = [linter, "--offline", "--persona=pedantic", "--min-severity=low", str(REPOSITORY / ".github")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_a_pipeline_runs_commands_that_exist(path):
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))

    text = commands(path)
    assert set(re.findall(r"^(?:make|.* make) ([a-z]+)$", text, re.MULTILINE)) <= targets
    for script in re.findall(r"\bdeploy/[a-z]+\.sh", text):
        assert (REPOSITORY / script).stat().st_mode & 0o100, f"{script} cannot be run"


@pytest.mark.parametrize(
    "needed",
    [
        "make check",
        "make demo",
        "make review",
        "contracts diff --check",
        "deploy/audit.sh",
        'pytest -m "not integration and not slow"',
        "uv build",
        "databricks-bundle.tar.gz databricks.yml deploy/databricks dist/*.whl",
    ],
)
def test_a_change_passes_the_same_on_both(needed):
    on_github = "\n".join(map(commands, WORKFLOWS))

    assert needed in commands(GITLAB)
    assert needed in on_github


def test_an_action_of_somebody_else_is_pinned_by_its_commit_and_says_its_version():
    uses = [line.strip() for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]

    assert uses
    for line in uses:
        assert re.fullmatch(r"- uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_a_workflow_may_read_and_a_job_may_write_only_what_it_is_for():
    for path in WORKFLOWS:
        assert document(path)["permissions"] == {"contents": "read"}
    for name, job in github_jobs():
        writes = {what for what, how in job.get("permissions", {}).items() if how == "write"}
        assert writes == {what for what, jobs in WRITES.items() if name in jobs}, name


def test_no_pipeline_holds_a_key_of_a_cloud_account():
    for path in PIPELINES:
        assert not re.search(r"AWS_(SECRET_)?ACCESS_KEY|aws-secret", path.read_text())


def test_deploying_is_done_by_hand_on_main_and_production_comes_after_staging():
    jobs = gitlab_jobs()
    for name in ("staging", "production"):
        assert jobs[name]["extends"] == ".deploy"
        assert jobs[name]["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "when": "manual"}]
    assert jobs["production"]["needs"] == ["staging"]
    assert jobs["staging"]["allow_failure"] is False

    workflow = document(REPOSITORY / ".github" / "workflows" / "deploy.yml")
    on = dict[Any, Any](workflow)[True]  # YAML 1.1 reads `on` as true
    assert on == {"workflow_dispatch": None}
    assert workflow["jobs"]["production"]["needs"] == "staging"
    for name, job in workflow["jobs"].items():
        assert job["environment"] == ("production" if name == "quality" else name)
        assert job["if"] == "github.ref == 'refs/heads/main'"


def test_the_quality_report_is_kept_whether_somebody_is_needed_or_not():
    job = gitlab_jobs()["quality"]
    assert document(GITLAB)["stages"][-1] == job["stage"] == "monitor"
    assert job["allow_failure"] == {"exit_codes": SOMEBODY_IS_NEEDED}
    assert (job["artifacts"]["when"], job["artifacts"]["paths"]) == ("always", ["build/quality"])

    steps = document(REPOSITORY / ".github" / "workflows" / "deploy.yml")["jobs"]["quality"]["steps"]
    [command] = [step["run"] for step in steps if "quality-report" in step.get("run", "")]
    assert command.rstrip().endswith(f'|| test "$?" = {SOMEBODY_IS_NEEDED}')
    assert steps[-1]["with"]["path"] == "build/quality"
    for path in PIPELINES[:2]:
        assert ".demo/quality" in path.read_text()


def test_the_chart_is_configured_as_production_is():
    chart = document(DEPLOY / "helm-values.yaml")
    here = document(DEPLOY / "dagster.yaml")
    daemon = chart["dagsterDaemon"]

    assert snake(daemon["runMonitoring"]) == here["run_monitoring"]
    assert snake(daemon["runRetries"]) == here["run_retries"]
    assert snake(daemon["sensors"]) == here["sensors"]
    assert (
        snake(daemon["runCoordinator"]["config"]["queuedRunCoordinator"]) == here["run_coordinator"]["config"]
    )
    assert snake(chart["concurrency"]) == here["concurrency"]
    assert snake(chart["retention"]) == {"enabled": True, **here["retention"]}
    assert chart["telemetry"] == here["telemetry"]
    launcher = chart["runLauncher"]["config"]["customRunLauncher"]
    assert {name: launcher[name] for name in ("module", "class")} == here["run_launcher"]
    assert chart["postgresql"]["postgresqlScheme"] == here["storage"]["postgres"]["postgres_db"]["scheme"]


def snake(found: Any) -> Any:
    """The same with keys as dagster.yaml writes them."""
    if not isinstance(found, dict):
        return found
    return {
        re.sub(r"([A-Z])", lambda big: f"_{big[1].lower()}", key): snake(value)
        for key, value in found.items()
    }
