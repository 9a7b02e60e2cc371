"""This file holds `dataops quality-report`: the page and its JSON in a folder, and a summary on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from dataops_platform.catalog.report_files import PAGE, ReportFile, report_files
from dataops_platform.commands.saying import say
from dataops_platform.commands.sync import open_platform
from dataops_platform.core.contract import Table
from dataops_platform.core.near_names import did_you_mean
from dataops_platform.errors import EnvironmentProblem, UnclearRequest
from dataops_platform.observability.day_states import Window
from dataops_platform.observability.quality_report import QualityReport, quality_report
from dataops_platform.observability.report_words import headline, needs
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables

#: How the command ends when the report is written and somebody is needed; 1 is for a report that could not be made.
SOMEBODY_IS_NEEDED = 3
_DAYS = 30


@dataclass(frozen=True)
class Asked:
    """What the report is to be about; what is None is left to the defaults."""

    first: date | None = None
    last: date | None = None
    tables: str | None = None
    environment: str | None = None


def run(console: Console, asked: Asked, out: Path, *, as_json: bool) -> int:
    """The folder holds the report; 3 where people are needed."""
    settings, tables = read_settings(), load_tables()
    if asked.environment:
        settings = replace(settings, environment=asked.environment)
    window, now = _window(asked, datetime.now(UTC))
    chosen = _chosen(asked.tables, tables)
    with open_platform(settings, tables) as platform:
        report = quality_report(platform, window, now, environment=settings.environment, tables=chosen)
    files = report_files(report, chosen)
    write_files(files, out)
    if as_json:
        print(files[1].body.decode())  # noqa: T201  # a console would wrap and colour it
    else:
        show(console, report, out / PAGE)
    return SOMEBODY_IS_NEEDED if report.needs_people else 0


def _window(asked: Asked, now: datetime) -> tuple[Window, datetime]:
    """The dates asked for, and the moment they are told as of: the end of the last one, or now if that is to come."""
    last = min(asked.last or now.date(), now.date())
    first = asked.first or last - timedelta(days=_DAYS - 1)
    if first > last:
        raise UnclearRequest(
            f"The report ends on {last}, before it begins on {first}. Give an earlier --since."
        )
    return Window(first, last), min(now, datetime.combine(last + timedelta(days=1), time(), UTC))


def _chosen(told: str | None, tables: Sequence[Table]) -> tuple[Table, ...]:
    if told is None:
        return tuple(tables)
    names = [name.strip() for name in told.split(",") if name.strip()]
    known = {table.name: table for table in tables}
    for name in names:
        if name not in known:
            raise UnclearRequest(
                f"There is no table {name!r}.{did_you_mean(name, known)} There are {', '.join(known)}."
            )
    if not names:
        raise UnclearRequest(
            "--tables names no table. Write them with commas between, or leave it out for all."
        )
    return tuple(known[name] for name in dict.fromkeys(names))


def write_files(files: Sequence[ReportFile], out: Path) -> None:
    """The folder holds the files, each whole at every moment."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file in files:
            partial = out / f".{file.name}.partial"
            partial.write_bytes(file.body)
            partial.replace(out / file.name)
    except OSError as error:
        raise EnvironmentProblem(
            f"{error.filename or out} cannot be written: {error.strerror}. Name another folder with --out."
        ) from error


def show(console: Console, report: QualityReport, page: Path) -> None:
    """The report as a table of tables, what people are needed for, and where the page is."""
    counted = ("published", "refused", "late", "missing", "rows", "quarantined", "unusual")
    grid = Grid("table", *counted, box=None, pad_edge=False, padding=(0, 1, 0, 0))
    grid.columns[0].no_wrap = True
    for column in grid.columns[1:]:
        column.justify = "right"
    for table in report.tables:
        counts = (table.count("published", "held"), table.count("refused"))
        more = (table.count("late"), table.count("missing"), table.rows, table.quarantined, table.unusual)
        style = "red" if table.needs_people else ""
        name = Text(f"{table.layer}/{table.table}", style=style)
        grid.add_row(name, *(f"{count:,}" for count in (*counts, *more)))
    console.print(grid)
    for line in needs(report):
        say(console, f"look at  {line}")
    for one in report.open_incidents:
        say(console, f"incident {one.table}: {', '.join(one.kinds)} since {one.since:%Y-%m-%d %H:%M} UTC")
    window = f"{report.window.first} to {report.window.last}"
    style = "red" if report.needs_people else "green"
    say(console, f"{window}: {headline(report)}. {page}", style=style)
