"""This file holds `dataops backfill`: a range of dates in stretches, each in a run of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import dagster as dg
from rich.console import Console

from dataops_platform.commands.home import dagster_instance
from dataops_platform.commands.sync import open_platform, print_summary
from dataops_platform.core.platform import Platform
from dataops_platform.definitions import build_definitions
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.layers.backfill import Backfill, Stretch, backfill
from dataops_platform.layers.due import due
from dataops_platform.layers.runs import JOB, expected
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables


def run(
    console: Console, first: date | None, last: date, *, days: int, layers: Sequence[str], dry_run: bool
) -> int:
    """What is due of the range is done, and the console says so; 1 where partitions failed or are still due."""
    settings, tables = read_settings(), load_tables()
    asked = Backfill(max(first or settings.first_date, settings.first_date), last, days, layers)
    if asked.first > asked.last:
        raise EnvironmentProblem(
            f"There is no date from {asked.first} to {asked.last}. --from names the first date, --to the last; "
            "none is before DATAOPS_FIRST_DATE."
        )
    with open_platform(settings, tables) as platform:
        if dry_run:
            _print_stretches(console, platform, asked)
            return 0

        def job(opened: Platform) -> dg.JobDefinition:
            return build_definitions(settings, tables, platform=opened).resolve_job_def(JOB)

        def begin(stretch: Stretch, number: int, count: int) -> None:
            console.print(f"{number} of {count}  {stretch.told}", highlight=False, soft_wrap=True)

        with dagster_instance() as instance, console.status("Copying what landed") as status:
            told = replace(platform, announce=status.update)
            done = backfill(told, job, instance, asked, begin)
        print_summary(console, platform, done)
    return 1 if done.problems or done.left else 0


def _print_stretches(console: Console, platform: Platform, asked: Backfill) -> None:
    stretches = asked.stretches(due(platform, expected(platform), asked.layers))
    for number, stretch in enumerate(stretches, 1):
        console.print(
            f"would do {number} of {len(stretches)}  {stretch.told}", highlight=False, soft_wrap=True
        )
    if not stretches:
        console.print(f"Nothing is due from {asked.first} to {asked.last}.", highlight=False)
