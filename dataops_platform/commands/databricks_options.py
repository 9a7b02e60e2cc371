"""This file holds what `dataops databricks` accepts."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.group()
def databricks() -> None:
    """Name tables in Unity Catalog, or try on this machine what runs on Databricks.

    \b
    Examples:
      dataops databricks register --warehouse 1234567890abcdef
      dataops databricks emulate --wheel dist/dataops_platform-0.1.0-py3-none-any.whl
    """


@databricks.command()
@click.option(
    "--wheel",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    help="This package as a wheel, as `uv build --wheel` makes it.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".demo/databricks"),
    show_default=True,
    help="Where the workspace keeps its volume and the output of its job runs.",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="The workspace's port."
)
def emulate(wheel: Path, folder: Path, port: int) -> None:
    """Serve a workspace of Databricks on this machine, until Ctrl-C.

    What is submitted to it really runs, as a process of this machine. A shell that reads the file `env` in FOLDER has
    its runs' steps done there.

    \b
    Example:
      dataops databricks emulate --wheel dist/dataops_platform-0.1.0-py3-none-any.whl
    """
    from rich.console import Console

    from dataops_platform.commands.databricks import run_emulate

    sys.exit(run_emulate(Console(), wheel, folder, port))


@databricks.command()
@click.option("--catalog", default="main", show_default=True, help="The catalog; it is there already.")
@click.option("--warehouse", required=True, help="The identity of the SQL warehouse that does it.")
def register(catalog: str, warehouse: str) -> None:
    """Give every silver and gold table a name in Unity Catalog: CATALOG.silver.customers and so on.

    They become external Delta tables, with the contract's description, its owner and version, and what each column is
    classified as. Running it again brings tags up to date; nothing in the lake changes.

    \b
    Example:
      dataops databricks register --warehouse 1234567890abcdef
    """
    from rich.console import Console

    from dataops_platform.commands.databricks import run_register

    sys.exit(run_register(Console(), catalog, warehouse))
