"""This file holds `dataops quarantine`: what is held, why, and the ways out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from dataops_platform.commands.home import dagster_instance
from dataops_platform.commands.saying import say
from dataops_platform.commands.sync import open_platform, print_summary, synced
from dataops_platform.core.contract import Table
from dataops_platform.core.near_names import did_you_mean
from dataops_platform.core.platform import Platform
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.layers import quarantine
from dataops_platform.layers.quarantine_words import counted, told_released, told_replayed
from dataops_platform.layers.sync import Synced
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables

_MASKED = "…"


def run_list(console: Console, name: str | None) -> int:
    """The console shows what is held of each table and date, and each reason."""
    tables = load_tables()
    asked = [source(tables, name)] if name else [table for table in tables if not table.is_gold]
    with open_platform(read_settings(), tables) as platform:
        held = [each for table in asked for each in quarantine.held(platform, table)]
    found = any(each.reasons for each in held)
    console.print(_reasons(held) if found else "Quarantine is empty.", soft_wrap=True)
    for each in held:
        if each.refused:
            say(console, f"  {each.refused}", label="\nrefused", style="red")
    for table_name, dates in Counter(each.table for each in held if not each.is_current).items():
        console.print(
            f"\n{counted(dates)} of {table_name} judged by an older contract: "
            f"dataops quarantine replay {table_name}",
            highlight=False,
            soft_wrap=True,
        )
    return 0


def _reasons(held: Sequence[quarantine.Held]) -> Grid:
    grid = Grid("table", "date", "rows", "first landed", "last landed", "reason", box=None, pad_edge=False)
    grid.columns[2].justify = "right"
    for each in held:
        for reason in each.reasons:
            landed = (f"{at:%Y-%m-%d %H:%M}" for at in (reason.first_landed, reason.last_landed))
            told = (each.table, str(each.ingestion_date), f"{reason.rows:,}", *landed, reason.text)
            grid.add_row(*map(Text, told))
    return grid


def run_show(console: Console, name: str, day: date, *, check: str | None, most: int, reveal: bool) -> int:
    """The console shows rows as they landed, one below the other; values that are not public only with `reveal`."""
    tables = load_tables()
    table = source(tables, name)
    with open_platform(read_settings(), tables) as platform:
        found = quarantine.rows(platform, table, day, check=check, most=most + 1)
    for row in found[:most]:
        say(console, f" row {row['_position']}", label=row["_source_object"], style="bold")
        for column in (*table.contract.columns, "_rescued", "_corrupt_record"):
            is_public = reveal or column in table.contract.public
            value = row[column]
            if value is not None or column in table.contract.columns:
                shown = "(nothing)" if value is None else value if is_public else _MASKED
                say(console, f"  {column}: {shown}")
        for reason in row["_reasons"]:
            say(console, f"  - {reason}", style="red")
    if len(found) > most:
        console.print(f"Only the first {most} are shown; --limit shows more.", highlight=False)
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
    table = source(tables, name)
    with dagster_instance() as instance, open_platform(settings, tables) as platform:
        if dry_run:
            _tell_releasable(console, platform, table, dates)
            return 0
        fresh = quarantine.release(platform, table, dates, by=by, reason=reason)
        console.print(told_released(table, dates, fresh), highlight=False, soft_wrap=True)
        done = synced(console, settings, tables, platform, instance)
        print_summary(console, platform, done)
    return ended(done, table, dates)


def run_replay(console: Console, name: str, dates: Sequence[date] | None, *, by: str) -> int:
    """The dates are judged by today's contract and everything that is due then has reached gold."""
    settings, tables = read_settings(), load_tables()
    with dagster_instance() as instance, open_platform(settings, tables) as platform:
        table = source(tables, name)
        outdated = quarantine.replay(platform, table, dates, by=by)
        console.print(told_replayed(table, outdated), highlight=False, soft_wrap=True)
        done = synced(console, settings, tables, platform, instance)
        print_summary(console, platform, done)
    return ended(done, table, dates or outdated)


def _tell_releasable(console: Console, platform: Platform, table: Table, dates: Sequence[date]) -> None:
    fresh = quarantine.releasable(platform, table, dates)
    for day in sorted(set(dates)):
        if day in fresh:
            sound = quarantine.sound_rows(platform, table, day)
            rows = platform.lake.partitions(f"quarantine/{table.name}")[day].rows
            told = f"would be released: {sound:,} of its {rows:,} rows are sound and would be published"
        else:
            told = "was released before"
        console.print(f"{table.name} of {day} {told}.", highlight=False, soft_wrap=True)


def ended(done: Synced, table: Table, dates: Sequence[date]) -> int:
    """1 where a run failed or one of these dates stands refused; other refusals are told, and no failure of this."""
    refused = {entry.ingestion_date for entry in done.refused if entry.table == table.name}
    return 1 if done.errors or done.left or refused & set(dates) else 0


def source(tables: Sequence[Table], name: str) -> Table:
    """The source table of that name.

    Raises:
        EnvironmentProblem: there is none; the message says which there are.
    """
    names = [table.name for table in tables if not table.is_gold]
    if name not in names:
        raise EnvironmentProblem(
            f"There is no table {name!r} with a quarantine.{did_you_mean(name, names)} There are {', '.join(names)}."
        )
    return next(table for table in tables if table.name == name)
