"""The image and the compose file: nobody is root, nothing is published by accident, and linters have nothing to say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops_platform_tests.deploy.production import REPOSITORY
from dataops_platform_tests.deploy.vendor_schemas import breaches

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"code", "daemon", "web", "pages", "buckets"}


def instructions(name: str) -> list[str]:
    """What an instruction of the Dockerfile says, each time it is used."""
    return re.findall(rf"^{name} (.+)$", DOCKERFILE.replace("\\\n", " "), re.MULTILINE)


def test_the_image_runs_as_a_user_that_has_a_number_and_is_not_root():
    after_the_last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    [user] = re.findall(r"^USER (\S+)$", after_the_last_stage, re.MULTILINE)

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_image_installs_only_what_is_locked_by_hash():
    installs = [
        command
        for run in instructions("RUN")
        for command in run.split("&&")
        if re.search(r"\bpip (install|sync)\b|\bapt", command)
    ]

    assert installs
    for command in installs:
        assert "--require-hashes" in command or "--no-deps dist/*.whl" in command, command


def test_the_image_is_built_of_files_that_exist_and_that_docker_is_given():
    given = {
        line.removeprefix("!").removesuffix("/*.txt")
        for line in (REPOSITORY / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = [line.split()[:-1] for line in instructions("COPY") if "--from=" not in line]

    for path in (path for paths in copied for path in paths):
        assert (REPOSITORY / path).exists(), path
        assert {path, *map(str, Path(path).parents)} & given, f"{path} is in .dockerignore"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_gains_no_rights_and_uses_a_version_that_is_named(name):
    service = SERVICES[name]

    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.keys() & {"privileged", "network_mode", "pid", "cap_add", "devices"}
    assert not re.search(r":latest$|^[^:]+$", service["image"])
    if name in OURS:
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "user" not in service  # the image's


def test_nothing_but_the_proxy_is_reached_from_other_machines():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published.pop("proxy") == ["443:4180"]
    assert SERVICES["proxy"]["profiles"] == ["proxy"]  # only where somebody asks for it
    assert published == {"web": ["127.0.0.1:3000:3000"], "pages": ["127.0.0.1:8080:8080"]}


def test_no_secret_is_written_into_the_compose_file():
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|KEY_ID", variable):
                assert value.startswith("${"), f"{name} {variable}"


def test_the_linter_of_dockerfiles_has_nothing_to_say():
    linter = Path(sys.executable).with_name("hadolint")
    told = subprocess.run([linter, REPOSITORY / "Dockerfile"], capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout


def test_the_compose_file_is_what_its_specification_asks_for():
    found = breaches("compose-spec", REPOSITORY / "compose.yaml")

    assert not found
