"""This file holds `dataops sync`: what it shows while it works, and what it says at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import dagster as dg
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table as Grid

from dataops_platform.commands.home import dagster_instance
from dataops_platform.commands.saying import say
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.definitions import build_definitions
from dataops_platform.layers.runs import JOB
from dataops_platform.layers.sync import Synced, sync
from dataops_platform.layers.watch import watch
from dataops_platform.resources.environments import Settings, platform_for, read_settings
from dataops_platform.tables import load_tables

_EXAMPLES = 3
#: Delta logs that are read at once: each waits for S3 several times.
_AT_ONCE = 8


def run(console: Console) -> int:
    """Everything that has landed is in gold or quarantine, and the console says so; 1 where partitions failed."""
    settings, tables = read_settings(), load_tables()
    with dagster_instance() as instance, open_platform(settings, tables) as platform:
        done = synced(console, settings, tables, platform, instance)
        print_summary(console, platform, done)
        if platform.channels or platform.metric_sinks:
            for problem in watch(platform, instance, datetime.now(UTC)):
                say(console, f"    {problem}", label="note", style="yellow")
    return 1 if done.problems or done.left else 0


@contextmanager
def open_platform(settings: Settings, tables: Sequence[Table]) -> Iterator[Platform]:
    """The platform of the environment; closed at the end."""
    platform = platform_for(settings, tables)
    try:
        yield platform
    finally:
        platform.close()


def synced(
    console: Console,
    settings: Settings,
    tables: Sequence[Table],
    platform: Platform,
    instance: dg.DagsterInstance,
) -> Synced:
    """What a sync did, with a progress display while it does it."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        copying = progress.add_task("Copying what landed", total=None)
        working = progress.add_task("Working", total=_steps(platform), visible=False)

        def announce(text: str) -> None:
            progress.update(copying, visible=False)
            progress.update(working, description=text, advance=1, visible=True)
            if not console.is_terminal:
                console.print(f"  {text}", highlight=False)

        def job(opened: Platform) -> dg.JobDefinition:
            return build_definitions(settings, tables, platform=opened).resolve_job_def(JOB)

        def advance(done: int, of: int) -> None:
            progress.update(copying, completed=done, total=of)

        return sync(replace(platform, announce=announce), job, instance, advance)


def _steps(platform: Platform) -> int:
    return 2 * len(platform.sources) + len(platform.products)


def print_summary(console: Console, platform: Platform, done: Synced) -> None:
    """What came in, what each table holds now, and a line for each partition that failed."""
    _print_ingested(console, done)
    console.print(_tables(platform))
    for table in platform.products:
        rows = platform.lake.partitions(f"gold/{table.name}")
        if rows:
            newest = max(rows)
            console.print(
                f"gold/{table.name} is at {platform.lake.url}/gold/{table.name}: {rows[newest].rows:,} rows "
                f"as of {newest}, {len(rows)} snapshots.",
                soft_wrap=True,
            )
    for problem in done.problems:
        say(console, f"  {problem}", label="failed", style="red")
    if done.left and not done.errors:
        console.print(f"[red]failed[/]  {len(done.left.dates)} dates are still due; run dataops sync again.")


def _print_ingested(console: Console, done: Synced) -> None:
    found = done.ingested
    console.print(f"{len(found.copied)} new files, {found.known} known before.")
    for keys, text in (
        (
            found.foreign,
            "belong to no table and stay where they are (keys begin with <table>/ and end in .csv, …)",
        ),
        (found.outside, "are dated before DATAOPS_FIRST_DATE or in the future"),
        (found.changed, "changed while they were read; the next sync takes them"),
    ):
        if keys:
            examples = ", ".join(sorted(keys)[:_EXAMPLES])
            say(console, f"    {len(keys)} files {text}: {examples}", label="note", style="yellow")


def _tables(platform: Platform) -> Grid:
    grid = Grid(
        "table", "dates", "bronze", "silver", "quarantine", title="Rows in the lake", title_justify="left"
    )
    for column in grid.columns[1:]:
        column.justify = "right"
    names = [table.name for table in platform.sources]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        layers = [
            threads.map(platform.lake.partitions, [f"{layer}/{name}" for name in names])
            for layer in ("bronze", "silver", "quarantine")
        ]
    for name, *found in zip(names, *layers, strict=True):
        totals = (f"{sum(partition.rows for partition in layer.values()):,}" for layer in found)
        grid.add_row(name, str(len(found[0])), *totals)
    return grid
