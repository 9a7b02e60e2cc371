"""This file holds what `dataops metrics` and `dataops status` accept."""

from __future__ import annotations

import sys

import click


@click.command()
@click.option("--prometheus", is_flag=True, help="Print Prometheus' text format instead of a table.")
def metrics(*, prometheus: bool) -> None:
    """Show the numbers of every table's newest ingestion date.

    \b
    Examples:
      dataops metrics
      dataops metrics --prometheus > /var/lib/node_exporter/dataops.prom
    """
    from rich.console import Console

    from dataops_platform.commands.observe import run_metrics

    sys.exit(run_metrics(Console(), prometheus=prometheus))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the status as JSON instead of a table.")
def status(*, as_json: bool) -> None:
    """Show for every source table how far it is: last date, age, and dates that are missing or refused.

    Ends with 0; or with 1 where a table is late or a date is refused.

    \b
    Examples:
      dataops status
      dataops status --json | python -m json.tool
    """
    from rich.console import Console

    from dataops_platform.commands.observe import run_status

    sys.exit(run_status(Console(), as_json=as_json))
