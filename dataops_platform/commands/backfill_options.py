"""This file holds what `dataops backfill` takes on the command line; what it does is loaded only when it is run."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from rich.console import Console

_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option(
    "--from", "first", type=_DATE, help="The first ingestion date.", show_default="DATAOPS_FIRST_DATE"
)
@click.option("--to", "last", type=_DATE, help="The last ingestion date.", show_default="today")
@click.option(
    "--chunk-days",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="How many dates are done in one run.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    type=click.Choice(["bronze", "silver", "gold"]),
    help="Only this layer; may be given more than once. Quarantine is filled with silver.",
    show_default="all",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
def backfill(
    first: datetime | None, last: datetime | None, chunk_days: int, layers: tuple[str, ...], *, dry_run: bool
) -> None:
    """Do what is due of a range of ingestion dates, a stretch at a time.

    A stretch that is done stays done: the same command after Ctrl-C or a crash goes on with the next one. Bronze
    and silver of other dates are not touched; snapshots of later dates, which see what was published, are brought
    up to date by one run at the end. Dates of which nothing has changed are left out: to do those again all the
    same, backfill them in Dagster's pages, where a range is one run.

    \b
    Examples:
      dataops backfill
      dataops backfill --from 2018-01-01 --to 2018-12-31 --chunk-days 90 --dry-run
      dataops backfill --to 2018-12-31 --layer bronze --layer silver
    """
    from dataops_platform.commands.backfill import run

    until = (last or datetime.now(UTC)).date()
    sys.exit(
        run(
            Console(),
            first.date() if first else None,
            until,
            days=chunk_days,
            layers=layers or ("bronze", "silver", "gold"),
            dry_run=dry_run,
        )
    )
