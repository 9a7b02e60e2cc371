"""This file holds `dataops quarantine`: what is held, why, and the ways out of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from dataops_platform.commands.home import dagster_instance
from dataops_platform.commands.sync import open_platform, print_summary, synced
from dataops_platform.core.contract import Table
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.layers import quarantine
from dataops_platform.layers.quarantine_words import told_released, told_replayed
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables

_MASKED = "…"


def run_list(console: Console, name: str | None) -> int:
    """The console shows what is held of each table and date, and each reason."""
    tables = load_tables()
    asked = [_source(tables, name)] if name else [table for table in tables if not table.is_gold]
    grid = Grid("table", "date", "rows", "first landed", "last landed", "reason", box=None, pad_edge=False)
    grid.columns[2].justify = "right"
    for column in grid.columns[:-1]:
        column.no_wrap = True
    refused: list[str] = []
    outdated: dict[str, int] = {}
    with open_platform(read_settings(), tables) as platform:
        for table in asked:
            for held in quarantine.held(platform, table):
                refused += [held.refused] if held.refused else []
                outdated[table.name] = outdated.get(table.name, 0) + (not held.is_current)
                for reason in held.reasons:
                    first, last = (f"{at:%Y-%m-%d %H:%M}" for at in (reason.first_landed, reason.last_landed))
                    told = (
                        held.table,
                        str(held.ingestion_date),
                        f"{reason.rows:,}",
                        reason.text,
                        first,
                        last,
                    )
                    grid.add_row(*map(Text, told))
    console.print(grid if grid.row_count else "Quarantine is empty.")
    for message in refused:
        console.print(f"\n[red]refused[/]  {message}", highlight=False, soft_wrap=True)
    for table_name, count in outdated.items():
        if count:
            console.print(
                f"\n{count} dates of {table_name} were judged by an older contract: "
                f"dataops quarantine replay {table_name}",
                highlight=False,
                soft_wrap=True,
            )
    return 0


def run_show(console: Console, name: str, day: date, *, check: str | None, most: int, reveal: bool) -> int:
    """The console shows rows as they landed, one below the other; values that are not public only with `reveal`."""
    tables = load_tables()
    table = _source(tables, name)
    with open_platform(read_settings(), tables) as platform:
        found = quarantine.rows(platform, table, day, check=check, most=most)
    for row in found:
        console.print(
            f"[bold]{row['_source_object']}[/] row {row['_position']}", highlight=False, soft_wrap=True
        )
        for column in (*table.contract.columns, "_rescued", "_corrupt_record"):
            is_public = reveal or column in table.contract.public
            value = row[column]
            if value is not None or column in table.contract.columns:
                shown = "(nothing)" if value is None else value if is_public else _MASKED
                console.print(Text(f"  {column}: {shown}"), soft_wrap=True)
        for reason in row["_reasons"]:
            console.print(Text(f"  - {reason}", style="red"), soft_wrap=True)
    if not reveal:
        console.print(
            f"{_MASKED} stands for a value that the contract does not call public; --reveal shows it.",
            highlight=False,
        )
    return 0


def run_release(
    console: Console, name: str, dates: Sequence[date], *, by: str, reason: str, dry_run: bool
) -> int:
    """The dates are released and everything that is due then has reached gold; 1 where partitions failed."""
    settings, tables = read_settings(), load_tables()
    table = _source(tables, name)
    with dagster_instance() as instance, open_platform(settings, tables) as platform:
        if dry_run:
            for held in quarantine.held(platform, table):
                if held.ingestion_date in dates:
                    console.print(
                        f"would release: {held.refused or 'nothing, it is not refused'}", soft_wrap=True
                    )
            return 0
        fresh = quarantine.release(platform, table, dates, by=by, reason=reason)
        console.print(told_released(table, dates, fresh), highlight=False, soft_wrap=True)
        done = synced(console, settings, tables, platform, instance)
        print_summary(console, platform, done)
    return 1 if done.problems or done.left else 0


def run_replay(console: Console, name: str, dates: Sequence[date] | None, *, by: str) -> int:
    """The dates are judged by today's contract and everything that is due then has reached gold."""
    settings, tables = read_settings(), load_tables()
    with dagster_instance() as instance, open_platform(settings, tables) as platform:
        table = _source(tables, name)
        outdated = quarantine.replay(platform, table, dates, by=by)
        console.print(told_replayed(table, outdated), highlight=False, soft_wrap=True)
        done = synced(console, settings, tables, platform, instance)
        print_summary(console, platform, done)
    return 1 if done.problems or done.left else 0


def _source(tables: Sequence[Table], name: str) -> Table:
    names = [table.name for table in tables if not table.is_gold]
    if name not in names:
        raise EnvironmentProblem(
            f"There is no table {name!r} with a quarantine. There are {', '.join(names)}."
        )
    return next(table for table in tables if table.name == name)
