"""This file holds `dataops crawl`: what it shows while it looks at the lake, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from dataops_platform.catalog.crawl import METADATA, Document
from dataops_platform.catalog.describing import describe
from dataops_platform.catalog.registering import register
from dataops_platform.commands.saying import say
from dataops_platform.commands.sync import open_platform
from dataops_platform.core.registry import Registered
from dataops_platform.observability.report_words import some
from dataops_platform.resources.environments import inventory_of, read_settings
from dataops_platform.tables import load_tables

_EXAMPLES = 5


def run(console: Console, *, glue: bool) -> int:
    """`catalog/metadata.json` and `catalog/metadata` describe the lake as it is now; 1 where a table is unreadable.

    With `glue`, or where the variables say so, AWS Glue has its entries too; 1 where one could not be written.
    """
    started, settings = perf_counter(), read_settings()
    with (
        open_platform(replace(settings, glue=glue or settings.glue), load_tables()) as platform,
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
        document = describe(
            platform, inventory_of(platform), lambda done, of: progress.update(bar, completed=done, total=of)
        )
        registered = register(document, platform.registry) if platform.registry else None
    show(console, document, perf_counter() - started)
    if registered is not None:
        show_registered(console, registered)
    is_whole = not any(entry["problem"] for entry in document["tables"])
    return 0 if is_whole and not (registered and registered.problems) else 1


def show_registered(console: Console, done: Registered) -> None:
    """What became of AWS Glue's entries."""
    say(console, f"AWS Glue: {some(len(done.written), 'entry', 'entries')} written, all others were right")
    _name(console, done.removed, "no longer in the lake and marked so in AWS Glue")
    for told in done.problems:
        say(console, told, label="failed      ", style="red")


def show(console: Console, document: Document, seconds: float) -> None:
    """What was found in a line, and what people should look at."""
    entries = document["tables"]
    rows = sum(entry["rows"] or 0 for entry in entries)
    found = f"{some(len(entries), 'table', 'tables')} with {some(rows, 'row', 'rows')}"
    say(console, f"{found}, looked at in {seconds:.1f} s: {document['lake']}/{METADATA}")
    for entry in entries:
        if entry["problem"]:
            say(console, entry["problem"], label="unreadable  ", style="red")
    _name(console, document["undeclared"], "without a contract, so nobody answers for it")
    columns = [name for name in document["undocumented"] if name not in document["undeclared"]]
    _name(console, columns, "without a description")
    registry = document.get("registry")
    if registry:
        for name in sorted({one["registry"] for one in registry["tables"]}):
            only = [one["table"] for one in registry["tables"] if one["registry"] == name]
            _name(console, only, f"in {name} only, and not in the lake")
        if registry["problem"]:
            say(console, registry["problem"], label="note        ", style="yellow")
    _name(console, document["not_there_yet"], "declared and not there yet")


def _name(console: Console, names: Sequence[str], text: str) -> None:
    if names:
        more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
        told = f"{len(names)} {text}: {', '.join(names[:_EXAMPLES])}{more}"
        say(console, told, label="note        ", style="yellow")
