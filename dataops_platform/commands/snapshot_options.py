"""This file holds what `dataops snapshot` accepts."""

from __future__ import annotations

import click


@click.command()
def snapshot() -> None:
    """Print every asset, check, job, sensor and schedule that Dagster is given, a line each.

    Nothing is opened or started. Two of these, of two versions of the code, tell a reviewer what a change adds, removes
    or rewires; `make review` makes and compares them.

    \b
    Examples:
      dataops snapshot
      dataops snapshot | diff definitions-of-main.txt -
    """
    from dataops_platform.commands.snapshot import snapshot as taken

    click.echo(taken(), nl=False)
