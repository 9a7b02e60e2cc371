"""This file holds what `dataops quarantine` takes on the command line; what it does is loaded only when it is run."""

from __future__ import annotations

import getpass
import sys
from datetime import date
from typing import Any

import click
from rich.console import Console


class IngestionDate(click.ParamType[date]):
    """A date, as people write it in keys and commands."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date; whatever else is written fails with how it should be."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value.strip())
        except ValueError:
            self.fail(f"{value!r} is no date: write it as YYYY-MM-DD, e.g. 2026-06-18.", param, ctx)


def signed_in() -> str:
    """The name of whoever runs the command; empty where the machine knows none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


_DATE = IngestionDate()
_BY = click.option("--by", default=signed_in, show_default="who you are signed in as", help="Who decides.")


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


@quarantine.command(name="list", short_help="What is held, and why.")
@click.argument("table", required=False)
def list_quarantine(table: str | None) -> None:
    """Show each reason with its number of rows, by table and ingestion date; of TABLE alone if it is named.

    Also tells which dates were refused as a whole, and which were judged by an older contract than today's.

    \b
    Examples:
      dataops quarantine list
      dataops quarantine list transactions
      dataops quarantine list | grep amount_is_valid
    """
    from dataops_platform.commands.quarantine import run_list

    # A reason stays in one line, which can be searched and piped.
    sys.exit(run_list(Console(width=1_000), table))


@quarantine.command(short_help="Rows of a date, as they landed.")
@click.argument("table")
@click.argument("day", type=_DATE, metavar="DATE")
@click.option("--check", help="Only rows that break this check, e.g. amount_is_valid.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1), help="How many rows at most.")
@click.option("--reveal", is_flag=True, help="Show values that the contract does not call public, too.")
def show(table: str, day: date, check: str | None, limit: int, *, reveal: bool) -> None:
    """Show rows of one ingestion date as they landed, with their file, position and every reason.

    \b
    Example:
      dataops quarantine show transactions 2026-01-05 --check amount_is_valid
    """
    from dataops_platform.commands.quarantine import run_show

    sys.exit(run_show(Console(), table, day, check=check, most=limit, reveal=reveal))


@quarantine.command(short_help="Publish the sound rows of a refused date.")
@click.argument("table")
@click.argument("dates", type=_DATE, nargs=-1, required=True, metavar="DATE...")
@click.option(
    "--reason", required=True, help="Why it is right to publish them all the same; their checks show it."
)
@_BY
@click.option("--dry-run", is_flag=True, help="Only show what would be released.")
def release(table: str, dates: tuple[date, ...], reason: str, by: str, *, dry_run: bool) -> None:
    """Lift the refusal of ingestion dates: their sound rows are published, and gold is brought up to date.

    Rows that break a check themselves stay in quarantine. Holds for what has landed so far: a file that lands
    later is judged anew. Doing it again changes nothing.

    \b
    Example:
      dataops quarantine release transactions 2026-01-05 --reason "checked with the shop" --by ann
    """
    from dataops_platform.commands.quarantine import run_release

    sys.exit(run_release(Console(), table, dates, by=by, reason=reason, dry_run=dry_run))


@quarantine.command(name="release-rows", short_help="Publish single rows that break rules.")
@click.argument("table")
@click.argument("day", type=_DATE, metavar="DATE")
@click.argument("rows", nargs=-1, metavar="[FILE:POSITION]...")
@click.option(
    "--check", default="", help="All rows that do nothing but break rules, this check's among them."
)
@click.option("--reason", required=True, help="Why it is right to publish them although they break rules.")
@_BY
@click.option("--dry-run", is_flag=True, help="Only try which rows could be released.")
def release_rows(  # noqa: PLR0913  # one for each option
    table: str, day: date, rows: tuple[str, ...], check: str, reason: str, by: str, *, dry_run: bool
) -> None:
    """Publish single rows of an ingestion date as they are, although they break rules of the contract.

    FILE:POSITION is what `dataops quarantine show` tells of a row. Rows without a usable value, or that gave way to a
    later one, cannot be released. Holds for what has landed so far. Doing it again changes nothing.

    \b
    Examples:
      dataops quarantine release-rows transactions 2026-01-05 --check amount_is_valid --reason "refunds, see Ann"
      dataops quarantine release-rows customers 2026-01-05 s3://landing/customers/a.csv:12 --reason "checked"
    """
    from dataops_platform.commands.release_rows import Answer, run

    answer = None if dry_run else Answer(by, reason)
    sys.exit(run(Console(), table, day, rows, check, answer))


@quarantine.command(short_help="Judge dates again after a contract changed.")
@click.argument("table")
@click.argument("dates", type=_DATE, nargs=-1, metavar="[DATE]...")
@_BY
def replay(table: str, dates: tuple[date, ...], by: str) -> None:
    """Judge ingestion dates again that an older contract judged; without dates, all of them.

    \b
    Examples:
      dataops quarantine replay transactions
      dataops quarantine replay transactions 2026-01-05
    """
    from dataops_platform.commands.quarantine import run_replay

    sys.exit(run_replay(Console(), table, dates or None, by=by))
