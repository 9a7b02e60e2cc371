"""This file holds what `dataops quarantine` takes on the command line; what it does is loaded only when it is run."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime

import click
from rich.console import Console

_DATE = click.DateTime(["%Y-%m-%d"])
_BY = click.option(
    "--by", default=getpass.getuser, show_default="who you are signed in as", help="Who decides."
)


@click.group()
def quarantine() -> None:
    """See what was not accepted and why, and get it out again.

    \b
    Examples:
      dataops quarantine list
      dataops quarantine show transactions 2026-01-05
      dataops quarantine release transactions 2026-01-05 --reason "the till counted twice, checked with Ann"
      dataops quarantine replay transactions
    """


@quarantine.command(name="list")
@click.option("--table", help="Only this table.")
def list_quarantine(table: str | None) -> None:
    """Show each reason with its number of rows, by table and ingestion date.

    Also tells which dates were refused as a whole, and which were judged by an older contract than today's.

    \b
    Examples:
      dataops quarantine list
      dataops quarantine list --table transactions
    """
    from dataops_platform.commands.quarantine import run_list

    sys.exit(run_list(Console(), table))


@quarantine.command()
@click.argument("table")
@click.argument("date", type=_DATE, metavar="DATE")
@click.option("--check", help="Only rows that break this check, e.g. amount_is_valid.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1), help="How many rows at most.")
@click.option("--reveal", is_flag=True, help="Show values that the contract does not call public, too.")
def show(table: str, date: datetime, check: str | None, limit: int, *, reveal: bool) -> None:
    """Show rows of one ingestion date as they landed, with their file, position and every reason.

    \b
    Example:
      dataops quarantine show transactions 2026-01-05 --check amount_is_valid
    """
    from dataops_platform.commands.quarantine import run_show

    sys.exit(run_show(Console(), table, date.date(), check=check, most=limit, reveal=reveal))


@quarantine.command()
@click.argument("table")
@click.argument("dates", type=_DATE, nargs=-1, required=True, metavar="DATE...")
@click.option("--reason", required=True, help="Why it is right to publish them all the same.")
@_BY
@click.option("--dry-run", is_flag=True, help="Only show what would be released.")
def release(table: str, dates: tuple[datetime, ...], reason: str, by: str, *, dry_run: bool) -> None:
    """Lift the refusal of ingestion dates: their sound rows are published, and gold is brought up to date.

    Rows that break a check themselves stay in quarantine. Holds for what has landed so far: a file that lands
    later is judged anew. Doing it again changes nothing.

    \b
    Example:
      dataops quarantine release transactions 2026-01-05 --reason "checked with the shop" --by ann
    """
    from dataops_platform.commands.quarantine import run_release

    wanted = [one.date() for one in dates]
    sys.exit(run_release(Console(), table, wanted, by=by, reason=reason, dry_run=dry_run))


@quarantine.command()
@click.argument("table")
@click.argument("dates", type=_DATE, nargs=-1, metavar="[DATE]...")
@_BY
def replay(table: str, dates: tuple[datetime, ...], by: str) -> None:
    """Judge ingestion dates again that an older contract judged; without dates, all of them.

    \b
    Examples:
      dataops quarantine replay transactions
      dataops quarantine replay transactions 2026-01-05
    """
    from dataops_platform.commands.quarantine import run_replay

    sys.exit(run_replay(Console(), table, [one.date() for one in dates] or None, by=by))
