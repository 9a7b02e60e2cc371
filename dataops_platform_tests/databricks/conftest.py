"""What the tests of Databricks share: this package's wheel, and a workspace that runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_platform.demo.databricks_workspace import Workspace, databricks_workspace
from dataops_platform_tests.databricks.orders import WHEEL

ROOT = Path(__file__).parents[2]
_BUILD = "import setuptools.build_meta as backend; print(backend.build_wheel('dist'))"


@pytest.fixture(scope="package")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This package's wheel; built from a copy, as setuptools leaves files beside what it builds."""
    source = tmp_path_factory.mktemp("wheel")
    shutil.copytree(
        ROOT / "dataops_platform", source / "dataops_platform", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "setup.py", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-c", _BUILD], cwd=source, check=True, capture_output=True)
    [built] = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace without a wheel."""
    folder = tmp_path_factory.mktemp("workspace")
    with databricks_workspace(folder, environment={"AWS_CONFIG_FILE": os.devnull}) as opened:
        yield opened


@pytest.fixture
def credentials(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace; this process has what it needs to ask it."""
    monkeypatch.setenv("DATABRICKS_HOST", workspace.host)
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.token)
    return workspace


@pytest.fixture
def fresh(credentials: Workspace, wheel: Path) -> Workspace:
    """The workspace, in which nobody has submitted anything; the wheel is there."""
    credentials.volumes.write(f"{credentials.volume}/{WHEEL}", wheel.read_bytes())
    credentials.runs.forget()
    credentials.faults.clear()
    credentials.requests.clear()
    return credentials
