"""This file holds `dataops crawl`: what it shows while it looks at the lake, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from dataops_platform.catalog.crawl import METADATA, Advance, Document, crawl, keep
from dataops_platform.commands.sync import open_platform
from dataops_platform.core.platform import Platform
from dataops_platform.resources.environments import inventory_of, read_settings
from dataops_platform.tables import load_tables

_EXAMPLES = 5


def run(console: Console) -> int:
    """`catalog/metadata.json` and `catalog/metadata` describe the lake as it is now; 1 where a table is unreadable."""
    started = perf_counter()
    with (
        open_platform(read_settings(), load_tables()) as platform,
        Progress(
            TextColumn("Looking at tables"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as progress,
    ):
        bar = progress.add_task("tables", total=None)
        document = crawled(platform, lambda done, of: progress.update(bar, completed=done, total=of))
    show(console, document, perf_counter() - started)
    return 1 if any(entry["problem"] for entry in document["tables"]) else 0


def crawled(platform: Platform, advance: Advance = lambda _done, _all: None) -> Document:
    """The lake was looked at, and what was found is kept in it."""
    document = crawl(inventory_of(platform), platform.tables, advance=advance)
    keep(document, platform.lake, platform.lake_store)
    return document


def show(console: Console, document: Document, seconds: float) -> None:
    """What was found in a line, and what people should look at."""
    entries = document["tables"]
    rows = sum(entry["rows"] or 0 for entry in entries)
    found = f"{_some(len(entries), 'table')} with {_some(rows, 'row')}"
    _say(console, f"{found}, looked at in {seconds:.1f} s: {document['lake']}/{METADATA}")
    for entry in entries:
        if entry["problem"]:
            _say(console, f"unreadable  {entry['problem']}", "red")
    _name(console, document["undeclared"], "without a contract, so nobody answers for it")
    columns = [name for name in document["undocumented"] if name not in document["undeclared"]]
    _name(console, columns, "without a description")
    _name(console, document["not_there_yet"], "declared and not there yet")


def _name(console: Console, names: Sequence[str], text: str) -> None:
    if names:
        more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
        _say(console, f"note        {len(names)} {text}: {', '.join(names[:_EXAMPLES])}{more}", "yellow")


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _say(console: Console, text: str, style: str = "") -> None:
    """Names come from whoever wrote a table: what moves the cursor or turns text around is shown as ?."""
    readable = "".join(char if char.isprintable() else "?" for char in text)
    console.print(Text(readable, style=style), soft_wrap=True)
