"""GitLab's pipeline, run on this machine by gitlab-ci-local: what starts its jobs, and those that can be run here."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dataops_platform.commands.quality_report import SOMEBODY_IS_NEEDED
from dataops_platform_tests.deploy.pipeline_checkout import (
    TAKES_A_COLUMN_AWAY,
    Checkout,
    make_checkout,
    ready,
    stand_in,
)
from dataops_platform_tests.deploy.production import DEPLOY

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ON_MAIN = {"CI_COMMIT_BRANCH": "main"}
IN_REVIEW = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7"}
CHECKS = {
    "format, lint, types, architecture": "validate",
    "unit tests": "validate",
    "contracts": "validate",
    "vulnerabilities and licences": "validate",
    "integration tests": "test",
    "demo": "test",
    "wheel": "build",
    "bundle": "build",
}


@dataclass(frozen=True)
class Runner:
    """gitlab-ci-local, at work in a checkout."""

    program: Path
    checkout: Checkout

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """What the runner did for a pipeline with these variables."""
        told = {"CI_DEFAULT_BRANCH": "main", **variables}
        given = [word for name, value in told.items() for word in ("--variable", f"{name}={value}")]
        settings = ["--force-shell-executor", "--no-shell-isolation", "--no-json-schema-validation"]
        settings += ["--home", str(self.checkout.programs)]  # or somebody's own variables would be read
        return subprocess.run(
            [self.program, *settings, *given, *words],
            cwd=self.checkout.folder,
            env=self.checkout.variables()
            | {"GCL_IGNORE_PREDEFINED_VARS": ",".join(told), "PYTHONPATH": str(self.checkout.folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    def jobs(self, **variables: str) -> dict[str, dict[str, Any]]:
        """Each job of a pipeline with these variables, unless it is never started."""
        told = self.run("--list-json", **variables)
        assert told.returncode == 0, told.stderr
        found = json.loads(told.stdout[told.stdout.index("[\n") :])
        return {job["name"]: job for job in found if job["when"] != "never"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner, installed by its lock into a folder of this test."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm (Debian: apt-get install --no-install-recommends npm)")
    folder: Path = tmp_path_factory.mktemp("gitlab-ci-local")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(DEPLOY / "gitlab-ci-local" / name, folder)
    quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    ended = subprocess.run([npm, "ci", *quietly], cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.skip(f"gitlab-ci-local cannot be installed: {ended.stderr[-500:]}")
    return folder / "node_modules" / ".bin" / "gitlab-ci-local"


@pytest.fixture(scope="module")
def runner(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A checkout of a change that breaks a contract, and the runner in it."""
    checkout = make_checkout(tmp_path_factory.mktemp("gitlab"), TAKES_A_COLUMN_AWAY)
    stand_in(checkout.programs, "rsync")  # copies the checkout for containers, of which there are none
    ready(checkout.folder)
    return Runner(program, checkout)


def test_a_change_is_checked_tested_and_built_and_nothing_of_it_is_deployed(runner):
    assert {name: job["stage"] for name, job in runner.jobs(**IN_REVIEW).items()} == CHECKS


def test_a_reviewer_is_told_where_a_token_is_there_to_do_it_with(runner):
    told = runner.jobs(**IN_REVIEW, REVIEW_TOKEN="a-token")  # noqa: S106

    assert set(told) - set(CHECKS) == {"what changes in contracts and definitions"}


def test_on_main_staging_then_production_wait_for_a_hand_and_the_report_comes_last(runner):
    told = runner.jobs(**ON_MAIN)

    assert set(told) - set(CHECKS) == {"container", "staging", "production", "quality"}
    assert {name for name, job in told.items() if job["when"] == "manual"} == {"staging", "production"}
    assert [need["job"] for need in told["production"]["needs"]] == ["staging"]
    assert [need["job"] for need in told["quality"]["needs"]] == ["production"]
    assert told["staging"]["allow_failure"] is False
    assert told["quality"]["allow_failure"] == {"exit_codes": SOMEBODY_IS_NEEDED}


def test_a_breaking_change_stops_until_somebody_labels_it(runner):
    stopped = runner.run("contracts", **IN_REVIEW)
    agreed = runner.run("contracts", **IN_REVIEW, CI_MERGE_REQUEST_LABELS="big,breaking contract")

    assert stopped.returncode != 0
    assert "fax" in stopped.stdout
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr


def _text(part: Message) -> str:
    body = part.get_payload(decode=True)
    return body.decode() if isinstance(body, bytes) else ""


@contextmanager
def comments() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """GitLab's address for programs, and each comment that was left: where, by which token, and what it says."""
    left: list[tuple[str, str, str]] = []

    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            body = self.rfile.read(int(self.headers["Content-Length"]))
            form = message_from_bytes(f"Content-Type: {self.headers['Content-Type']}\n\n".encode() + body)
            text = "".join(_text(part) for part in form.walk() if not part.is_multipart())
            left.append((self.path, self.headers["PRIVATE-TOKEN"], text))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/v4", left
        server.shutdown()


def test_the_comment_says_what_the_change_does_to_contracts(runner):
    with comments() as (address, left):
        variables = IN_REVIEW | {"CI_API_V4_URL": address, "CI_PROJECT_ID": "12", "REVIEW_TOKEN": "a-token"}
        ended = runner.run("what changes in contracts and definitions", **variables)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    [(path, token, text)] = left
    assert (path, token) == ("/api/v4/projects/12/merge_requests/7/notes", "a-token")
    assert "fax" in text
    assert "Nothing has changed." in text.partition("### Assets")[2]
    assert "a-token" not in ended.stdout + ended.stderr


def test_the_wheel_is_built_and_the_bundle_holds_it_beside_its_jobs(runner):
    built = runner.run("wheel", **IN_REVIEW)
    bundled = runner.run("bundle", **IN_REVIEW)

    assert built.returncode == bundled.returncode == 0, built.stdout + bundled.stdout
    [wheel] = (runner.checkout.folder / "dist").glob("*.whl")
    assert "dataops_platform/cli.py" in zipfile.ZipFile(wheel).namelist()
    with tarfile.open(wheel.with_name("databricks-bundle.tar.gz")) as bundle:
        assert {"databricks.yml", "deploy/databricks/jobs.yml", f"dist/{wheel.name}"} <= {*bundle.getnames()}


def test_staging_is_deployed_by_the_pipelines_own_token(runner):
    told = {"CI_REGISTRY_IMAGE": "registry.example/platform", "CI_COMMIT_SHA": "1f3c", "CLUSTER": "shop"}
    ended = runner.run("staging", **ON_MAIN, **told, DAGSTER_PG_HOST="db.internal", AWS_TOKEN="a-token")  # noqa: S106

    assert ended.returncode == 0, ended.stdout + ended.stderr
    cluster, helm = [asked for asked in runner.checkout.asked() if asked[0] in {"aws", "helm"}]
    assert cluster == ["aws", "eks", "update-kubeconfig", "--name", "shop"]
    assert helm[helm.index("--namespace") + 1] == "dataops-staging"
    assert "dagsterDaemon.image.tag=1f3c" in helm
    assert "postgresql.postgresqlHost=db.internal" in helm


def test_after_production_the_report_is_kept_and_who_is_needed_does_not_fail_the_pipeline(runner):
    lake = {"DATAOPS_LAKE_URL": str(runner.checkout.folder / "lake"), "AWS_TOKEN": "a-token"}
    ended = runner.run("quality", **ON_MAIN, **lake)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (runner.checkout.folder / "build" / "quality" / "data_quality_report.html").is_file()
