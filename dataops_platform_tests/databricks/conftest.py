"""What the tests of Databricks share: this package's wheel, and a workspace that runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_platform.demo.databricks_workspace import Workspace, databricks_workspace
from dataops_platform_tests.databricks.orders import WHEEL
from dataops_platform_tests.databricks.wheel import built_wheel


@pytest.fixture(scope="package")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This package's wheel."""
    return built_wheel(tmp_path_factory.mktemp("wheel"))


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
