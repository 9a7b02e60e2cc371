"""This file holds `dataops maintain`: tables are made small again."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Grid

from dataops_platform.commands.saying import say
from dataops_platform.commands.sync import open_platform
from dataops_platform.core.upkeep import Heap
from dataops_platform.layers.upkeep_job import Kept, is_untidy, maintained
from dataops_platform.resources.environments import read_settings, upkeep_of

_MEGABYTE = 1_000_000


def run(console: Console, *, dry_run: bool) -> int:
    """The tables are tidy, and the console says what became of them; with `dry_run` they are only looked at.

    1 where tables were passed over.
    """
    with open_platform(read_settings(), ()) as platform:
        found = list(maintained(upkeep_of(platform), dry_run=dry_run))
    grid = Grid("table", "files", "then", "commits", "then", "MB", "then", "", box=None, pad_edge=False)
    grid.columns[0].no_wrap = True
    for column in grid.columns[1:7]:
        column.justify = "right"
    for one in found:
        grid.add_row(*_row(one), _told(one, dry_run=dry_run))
    console.print(grid if found else "There are no tables yet: run dataops sync.")
    passed_over = [one.problem for one in found if one.problem]
    for problem in passed_over:
        say(console, problem, label="passed over ", style="red")
    return 1 if passed_over else 0


def _row(one: Kept) -> tuple[str, ...]:
    pairs = zip(_numbers(one.before), _numbers(one.after), strict=True)
    return one.table, *(cell for pair in pairs for cell in pair)


def _numbers(heap: Heap | None) -> tuple[str, str, str]:
    if heap is None:
        return "", "", ""
    return f"{heap.files:,}", f"{heap.commits:,}", f"{heap.bytes / _MEGABYTE:,.2f}"


def _told(one: Kept, *, dry_run: bool) -> str:
    if one.before is None:
        return "passed over"
    if one.after is not None:
        return "tidied"
    if not is_untidy(one.before):
        return "tidy already"
    return "would be tidied" if dry_run else "somebody else is at it"
