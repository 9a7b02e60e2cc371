"""This file holds what `dataops crawl` and `dataops docs` take on the command line."""

from __future__ import annotations

import sys

import click
from rich.console import Console


@click.command()
def crawl() -> None:
    """Look at every table of the lake and describe it in catalog/metadata.json.

    Also adds a row for each table to the Delta table catalog/metadata, so that change over time can be asked.
    Samples show only values that a contract calls public. Ends with 0; or with 1 where a table cannot be read,
    while all others are described.

    \b
    Example:
      dataops crawl
    """
    from dataops_platform.commands.crawl import run

    sys.exit(run(Console()))
