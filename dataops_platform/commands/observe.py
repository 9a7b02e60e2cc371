"""This file holds `dataops metrics` and `dataops status`: what is known of the tables, without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import orjson
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from dataops_platform.commands.sync import open_platform
from dataops_platform.observability.exposition import exposition
from dataops_platform.observability.freshness import TableStatus, table_status
from dataops_platform.observability.metrics import latest, newest_date
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables

_EXAMPLES = 3


def run_metrics(console: Console, *, prometheus: bool) -> int:
    """The console shows the numbers of every table's newest ingestion date."""
    with open_platform(read_settings(), load_tables()) as platform:
        numbers = latest(platform.lake)
    if prometheus:
        print(exposition(numbers, datetime.now(UTC)), end="")  # noqa: T201  # a console would wrap and colour it
        return 0
    grid = Grid("table", "layer", "ingestion date", "metric", "value", box=None, pad_edge=False)
    grid.columns[4].justify = "right"
    for row in newest_date(numbers):
        day, value = f"{row['ingestion_date']:%Y-%m-%d}", f"{row['value']:,.10g}"
        told = (row["table"], row["layer"], day, row["metric"], value)
        grid.add_row(*map(Text, told))
    console.print(grid if grid.row_count else "Nothing was measured yet: run dataops sync.")
    return 0


def run_status(console: Console, *, as_json: bool) -> int:
    """The console shows how far each source table is; 1 where one is late or has refused dates."""
    now = datetime.now(UTC)
    with open_platform(read_settings(), load_tables()) as platform:
        state = platform.journal.state()
        found = [table_status(table.contract, state, now) for table in platform.sources]
    if as_json:
        told = {"at": now, "tables": [_document(one) for one in found]}
        print(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())  # noqa: T201  # the same
    else:
        console.print(_grid(found))
    return 1 if any(one.needs_people for one in found) else 0


def _grid(found: Sequence[TableStatus]) -> Grid:
    grid = Grid("table", "state", "last date", "age", "late", "missing", "refused", "quarantined rows")
    grid.columns[-1].justify = "right"
    for one in found:
        age = "" if one.lag is None else _told(one.lag)
        last = "" if one.last is None else str(one.last)
        days = (_some(one.late), _some(one.missing), _some(one.refused))
        grid.add_row(one.table, _state(one), last, age, *days, f"{one.quarantined:,}")
    return grid


def _state(one: TableStatus) -> Text:
    if one.needs_people:
        problems = (
            "late" if one.is_late else "",
            f"{len(one.refused)} refused" if one.refused else "",
        )
        return Text(", ".join(filter(None, problems)), style="red")
    if one.last is None:
        return Text("nothing landed yet" if not one.unpublished else "not published yet", style="yellow")
    if one.unpublished or one.empty:
        partly = (
            f"{len(one.unpublished)} not published yet" if one.unpublished else "",
            f"{len(one.empty)} without rows" if one.empty else "",
        )
        return Text(", ".join(filter(None, partly)), style="yellow")
    return Text("fresh", style="green")


def _some(days: Sequence[date]) -> str:
    """The newest of the dates, and how many there are."""
    newest = ", ".join(map(str, days[-_EXAMPLES:]))
    return f"{len(days)}: … {newest}" if len(days) > _EXAMPLES else newest


def _told(lag: timedelta) -> str:
    hours = int(lag.total_seconds() // 3600)
    return f"{hours // 24} d {hours % 24} h"


def _document(one: TableStatus) -> dict[str, object]:
    return {
        "table": one.table,
        "owner": one.owner,
        "last_date": one.last,
        "lag_seconds": None if one.lag is None else int(one.lag.total_seconds()),
        "is_late": one.is_late,
        "late_dates": one.late,
        "missing_dates": one.missing,
        "refused_dates": one.refused,
        "unpublished_dates": one.unpublished,
        "empty_dates": one.empty,
        "quarantined_rows": one.quarantined,
    }
