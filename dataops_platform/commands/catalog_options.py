"""This file holds what `dataops crawl` and `dataops docs` take on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console


@click.command()
@click.option("--glue", is_flag=True, help="Register the tables in AWS Glue too, as DATAOPS_GLUE=on does.")
def crawl(*, glue: bool) -> None:
    """Look at every table of the lake and describe it in catalog/metadata.json.

    Also adds a row for each table to the Delta table catalog/metadata, so that change over time can be asked.
    Samples show only values that a contract calls public. Ends with 0; or with 1 where a table cannot be read,
    while all others are described.

    \b
    Examples:
      dataops crawl
      dataops crawl --glue
    """
    from dataops_platform.commands.crawl import run

    sys.exit(run(Console(), glue=glue))


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("site"),
    show_default=True,
    help="Folder that the pages are written to.",
)
@click.option(
    "--serve", is_flag=True, help="Serve them until Ctrl-C, and write them anew as results come in."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to serve at: this machine alone."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port to serve at."
)
def docs(out: Path, host: str, port: int, *, serve: bool) -> None:
    """Write pages about every table, from the last crawl and the journal.

    They need no server: open index.html, or copy the folder to wherever people read pages. Tables, schemas,
    contracts in words, quality by date, quarantine, personal data, lineage, and how to query each table.

    \b
    Examples:
      dataops crawl && dataops docs
      dataops docs --out build/site --serve
    """
    from dataops_platform.commands.docs import run

    sys.exit(run(Console(), out, host=host, port=port if serve else None))
