"""docs/databricks.md, followed: what can be run without an account is run as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_platform_tests.databricks.wheel import ROOT

PAGE = (ROOT / "docs" / "databricks.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SERVE = "dataops databricks emulate"


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A checkout's folder, as far as building needs it, with a `dataops` of this code."""
    shutil.copytree(
        ROOT / "dataops_platform", tmp_path / "dataops_platform", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "setup.py", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / name)
    command = tmp_path / "bin" / "dataops"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m dataops_platform.cli "$@"\n')
    command.chmod(0o700)
    return tmp_path


@pytest.fixture
def environment(shell: Path) -> dict[str, str]:
    """What a person's shell has."""
    here = [str(shell / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {
        **os.environ,
        "PATH": os.pathsep.join(here),
        "HOME": str(shell),
        "UV_OFFLINE": "1",
        "UV_NO_BUILD_ISOLATION": "1",
        "UV_PYTHON": sys.executable,
        "PYTHONPATH": str(shell),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }


@pytest.fixture
def served(shell: Path, environment: dict[str, str]) -> Iterator[Path]:
    """The first block was run, but on a port of this test; its workspace is served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    build, serve = COMMANDS[0].strip().splitlines()
    subprocess.run(["/bin/sh", "-ec", build], cwd=shell, env=environment, check=True, capture_output=True)
    with (shell / "workspace.log").open("wb") as log:
        child = subprocess.Popen(
            ["/bin/sh", "-ec", f"exec {serve} --port {port}"],
            cwd=shell,
            env=environment,
            stdout=log,
            stderr=log,
        )
    variables = shell / ".demo" / "databricks" / "env"
    try:
        deadline = time.monotonic() + 60
        while not variables.is_file() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert variables.is_file(), (shell / "workspace.log").read_text()
        yield variables
    finally:
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=30) == 130


@pytest.mark.integration
@pytest.mark.slow
def test_without_an_account_a_file_reaches_the_lake_by_job_runs(shell, environment, served):
    done = subprocess.run(
        ["/bin/sh", "-ec", COMMANDS[1]],
        cwd=shell,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "silver/products: judging 1 date" in done.stdout
    assert [path.name for path in (shell / ".demo" / "databricks").glob("run-*.log")] == [
        "run-1.log",
        "run-2.log",
    ]
    assert (shell / "lake" / "silver" / "products" / "_delta_log").is_dir()
    assert served.stat().st_mode & 0o077 == 0


def test_every_other_command_says_what_it_needs():
    assert SERVE in COMMANDS[0]
    assert len(COMMANDS) > 2
    assert all(command.startswith("# needs a Databricks workspace\n") for command in COMMANDS[2:])


def test_every_variable_of_the_page_is_one_that_is_read():
    told = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "dataops_platform").rglob("*.py"))

    for name in set(re.findall(r"`(DATAOPS_[A-Z_]+)`", PAGE)):
        assert name in told, name


def test_every_file_of_the_page_is_there():
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
