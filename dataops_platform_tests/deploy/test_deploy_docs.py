"""How to deploy, followed line by line: every block runs as it is written, with stand-ins for Docker, AWS and Helm."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from cfnlint import decode  # type: ignore[import-untyped]

from dataops_platform_tests.deploy.pipeline_checkout import asked, stand_in
from dataops_platform_tests.deploy.production import REPOSITORY

TEXT = (REPOSITORY / "docs" / "deploy.md").read_text(encoding="utf-8")
NEEDS = re.compile(r"# needs (Docker|a cloud account|the network)\n")
CLIENTS = ("docker", "aws", "helm")
#: What the text leaves to whoever follows it.
CHOSEN = {"REGISTRY": "registry.example", "TAG": "1f3c"}


def blocks() -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Followed:
    """What became of it: the folder, what was asked of the stand-ins, and the shell's variables at its end."""

    folder: Path
    asked: Sequence[Sequence[str]]
    variables: dict[str, str]

    def of(self, *begins: str) -> list[Sequence[str]]:
        return [words for words in self.asked if tuple(words[: len(begins)]) == begins]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """All blocks in one shell but that of the audit, which has a test of its own."""
    folder: Path = tmp_path_factory.mktemp("followed")
    shutil.copytree(REPOSITORY / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("node_modules"))
    stand_in(folder / "programs", *CLIENTS)
    text = "\n".join([*(block for block in blocks() if "deploy/audit.sh" not in block), "env -0 > variables"])
    path = f"{folder / 'programs'}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],  # noqa: S607  # whoever deploys has bash on PATH
        cwd=folder,
        env=CHOSEN | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = (folder / "variables").read_text().split("\0")
    variables = dict(each.split("=", 1) for each in told if "=" in each)
    return Followed(folder, asked(folder / "programs"), variables)


def test_every_block_says_what_it_needs_and_names_files_that_exist():
    assert blocks()
    assert all(NEEDS.match(block) for block in blocks())
    for path in re.findall(r"\b(?:deploy/[\w.-]+(?:/[\w.-]+)?|compose\.yaml)", TEXT):
        assert (REPOSITORY / path).exists(), path


def test_every_line_is_a_command_of_a_stand_in_or_of_any_shell(followed):
    clients = [
        line.split()[0]
        for block in blocks()
        for line in block.splitlines()
        if re.match(r"docker |aws ", line)
    ]

    assert len(followed.asked) == len(clients) + 1  # and deploy/helm.sh asks Helm


def test_the_file_of_secrets_is_complete_and_closed_to_others(followed):
    text = (REPOSITORY / "compose.yaml").read_text()
    demanded = set(re.findall(r"\$\{(\w+):\?", text))
    file = followed.folder / ".env"

    assert demanded
    assert {line.partition("=")[0] for line in file.read_text().splitlines()} == demanded
    assert file.stat().st_mode & 0o077 == 0


def test_the_proxy_has_every_variable_that_it_is_made_of(followed):
    proxy = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
    asked_for = set(re.findall(r"\$\{(\w+):-", str([proxy["services"]["proxy"], proxy["secrets"]])))

    assert asked_for <= followed.variables.keys()
    secret = followed.variables["OIDC_COOKIE_SECRET"]
    assert len(base64.urlsafe_b64decode(secret)) == 32  # what oauth2-proxy takes as an AES-256 key
    [started] = followed.of("docker", "compose", "--profile")
    assert started[3] == "proxy"


def test_the_stack_is_given_what_its_template_asks_for(followed):
    [words] = followed.of("aws", "cloudformation", "deploy")
    given = {word.partition("=")[0] for word in words[words.index("--parameter-overrides") + 1 :]}
    template, _ = decode.decode(str(followed.folder / words[words.index("--template-file") + 1]))
    assert template is not None
    parameters = template["Parameters"]

    assert given <= parameters.keys()
    assert {name for name, told in parameters.items() if "Default" not in told} <= given
    assert list(words[words.index("--capabilities") :][:2]) == ["--capabilities", "CAPABILITY_IAM"]


def test_the_image_that_is_built_is_the_one_that_is_pushed_and_deployed(followed):
    [built], [pushed], [helm] = (
        followed.of("docker", "build"),
        followed.of("docker", "push"),
        followed.of("helm"),
    )
    image = built[built.index("--tag") + 1]

    assert built[built.index("--build-arg") + 1].partition("=")[0] in re.findall(
        r"^ARG (\w+)", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE
    )
    assert pushed[-1] == image == "registry.example/dataops-platform:1f3c"
    assert "dagsterDaemon.image.repository=registry.example/dataops-platform" in helm
    assert "dagsterDaemon.image.tag=1f3c" in helm
    assert helm[helm.index("--namespace") + 1] == "dataops-staging"
    assert Path(helm[helm.index("--values") + 1]).name == "helm-values.yaml"
