"""This file holds `dataops databricks`: tables' names in Unity Catalog, and a workspace without an account."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from shlex import quote
from threading import Event

from rich.console import Console

from dataops_platform.catalog.crawl import crawl
from dataops_platform.catalog.registering import register, registered_only
from dataops_platform.commands.sync import open_platform
from dataops_platform.databricks.client import workspace_client
from dataops_platform.databricks.unity_catalog import UnityCatalog
from dataops_platform.demo.databricks_workspace import databricks_workspace
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.environments import inventory_of, read_settings
from dataops_platform.tables import load_tables


def run_register(console: Console, catalog: str, warehouse: str) -> int:
    """Every silver and gold table that is there has a name in Unity Catalog, and the console says which."""
    with open_platform(read_settings(), load_tables()) as platform:
        document = crawl(inventory_of(platform), platform.tables)
        registry = UnityCatalog(workspace_client(), catalog, warehouse)
        done = register(document, registry)
        others = registered_only([registry], [entry["table"] for entry in document["tables"]])
    for table in done.written:
        console.print(registry.full_name(table), highlight=False, soft_wrap=True)
    for table in others["tables"]:
        told = f"note: {registry.full_name(table['table'])} is in Unity Catalog only, and not in the lake"
        console.print(told, highlight=False, soft_wrap=True, markup=False)
    if not done.written:
        console.print("There is no silver or gold table yet: run `dataops sync` first.")
    return 0


def run_emulate(console: Console, wheel: Path, folder: Path, port: int) -> int:
    """The workspace is served until somebody interrupts it; `env` in `folder` says how to use it.

    Raises:
        EnvironmentProblem: the port is in use.
    """
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with databricks_workspace(folder, environment=aws, port=port) as workspace:
            there = f"{workspace.volume}/{wheel.name}"
            workspace.volumes.write(there, wheel.read_bytes())
            told = workspace.environment() | {"DATAOPS_DATABRICKS_WHEEL": there}
            path = folder / "env"
            path.touch(mode=0o600)
            path.write_text(
                "".join(f"export {name}={quote(value)}\n" for name, value in told.items()), "utf-8"
            )
            console.print(
                f"A workspace is at {workspace.host}, and {path} says how to use it. Ctrl-C ends it.",
                highlight=False,
                soft_wrap=True,
            )
            Event().wait()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise EnvironmentProblem(
            f"Nothing can listen on port {port} of this machine, which is in use: choose another with --port."
        ) from error
    return 0
