"""This file holds what `dataops metrics`, `status`, `quality-report` and `maintain` accept."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

_DATE = click.DateTime(["%Y-%m-%d"])


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


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
def maintain(*, dry_run: bool) -> None:
    """Make tables small again; no row changes.

    The platform's own (journal, metrics, receipts, incidents and the like) grow by a file a step, and every reader
    opens all of them. Afterwards the same rows lie in few files, and the log has a checkpoint; files that nobody has
    needed for a day are removed. Of the tables of the layers, files that were replaced more than a week ago are
    removed, and what writers that died have left. A table's own delta.deletedFileRetentionDuration says otherwise.
    Runs may go on meanwhile. In Dagster the schedule nightly_maintenance does the same.

    Ends with 0; or with 1 and a line for each table that was passed over, because another program has raised it to a
    newer Delta protocol, while all others are done.

    \b
    Examples:
      dataops maintain --dry-run
      dataops maintain
    """
    from rich.console import Console

    from dataops_platform.commands.maintain import run

    sys.exit(run(Console(), dry_run=dry_run))


@click.command(name="quality-report")
@click.option(
    "--since", "first", type=_DATE, help="The first ingestion date.", show_default="30 days to the last"
)
@click.option(
    "--until",
    "last",
    type=_DATE,
    help="The last ingestion date; lateness is as of its end.",
    show_default="today",
)
@click.option("--tables", help="Only these tables, with commas between.", show_default="all")
@click.option(
    "--environment",
    type=click.Choice(["local", "test", "staging", "production"]),
    help="Instead of DATAOPS_ENV.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("quality"),
    show_default=True,
    help="Folder that the page and its JSON are written to.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON instead of a summary.")
def quality_report(
    first: datetime | None,
    last: datetime | None,
    tables: str | None,
    environment: str | None,
    out: Path,
    *,
    as_json: bool,
) -> None:
    """Write how the tables have been: a page to read anywhere, JSON for programs, and a summary here.

    OUT/data_quality_report.html is one file that needs no network and runs no script; OUT/data_quality_report.json
    holds the same for programs. They tell of each table and date whether it was published, refused, late or missing,
    which rules were broken how often, numbers with what was usual of them, incidents, and who answers for what.
    They hold no value of a row.

    \b
    Ends with
      0  when nobody is needed,
      3  when the report is written and somebody is: a table is late, a date stands refused, or an incident is open,
      1  when it could not be made.

    \b
    Examples:
      dataops quality-report
      dataops quality-report --since 2026-06-01 --until 2026-06-30 --tables customers,transactions
      dataops quality-report --environment production --out build/quality || test $? = 3
    """
    from rich.console import Console

    from dataops_platform.commands.quality_report import Asked, run

    asked = Asked(first and first.date(), last and last.date(), tables, environment)
    sys.exit(run(Console(), asked, out, as_json=as_json))
