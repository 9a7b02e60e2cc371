"""This file holds an order of a step, and what becomes of it in a workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.databricks.settings import DatabricksSettings
from dataops_platform.databricks.steps import DatabricksSteps
from dataops_platform.demo.databricks_workspace import Workspace
from dataops_platform.errors import PlatformError

WHEEL = "platform.whl"
ORDER = StepOrder("silver", "transactions", (date(2026, 1, 1),), "a-run", 0, "team:sales")


def steps(workspace: Workspace, *, patience: int = 5, **settings: Any) -> DatabricksSteps:
    """Steps as job runs, none of which a test here lets begin its work."""
    told = DatabricksSettings(workspace.volume, f"{workspace.volume}/{WHEEL}", **settings)
    return DatabricksSteps(told, {}, pause=0.005, patience=patience)


def done(
    workspace: Workspace, order: StepOrder = ORDER, log: Callable[[str], None] = print, **settings: Any
) -> Any:
    """What becomes of the order."""
    return steps(workspace, **settings).done(order, print, log)


def problem(workspace: Workspace, **settings: Any) -> PlatformError:
    """The sentence that the order ends in."""
    with pytest.raises(PlatformError) as raised:
        done(workspace, **settings)
    assert "\n" not in str(raised.value)
    assert workspace.token not in str(raised.value)
    return raised.value
