"""This file holds where Dagster keeps its runs when a command works for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.event_log import forgetful_instance

PROJECT = Path(__file__).resolve().parents[2]


@contextmanager
def dagster_instance() -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME; without one, runs are forgotten when the command ends.

    Nothing but the run history is lost then: what is done and what is due is known from the lake itself.
    """
    home = os.environ.get("DAGSTER_HOME")
    if home is not None and not Path(home).is_dir():
        raise EnvironmentProblem(
            f"DAGSTER_HOME is {home!r}, which is no folder. Create it, or unset the variable."
        )
    instance = dg.DagsterInstance.get() if home else forgetful_instance()
    try:
        yield instance
    finally:
        instance.dispose()


def make_home(folder: Path) -> Path:
    """`folder` is a DAGSTER_HOME with this project's settings, and the process uses it."""
    settings = PROJECT / "dagster.yaml"
    if not settings.is_file():
        raise EnvironmentProblem(
            f"{settings} is missing: this command works in a checkout of the project. Elsewhere set DAGSTER_HOME."
        )
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings, folder / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(folder.resolve())
    return folder
