"""This file holds `dataops quarantine release-rows`: single rows are published although they break rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich.console import Console

from dataops_platform.commands.home import dagster_instance
from dataops_platform.commands.quarantine import ended, source
from dataops_platform.commands.saying import say
from dataops_platform.commands.sync import open_platform, print_summary, synced
from dataops_platform.layers import row_release
from dataops_platform.layers.quarantine_words import told_released_rows
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables


@dataclass(frozen=True)
class Answer:
    """Who answers for it, and why it is right."""

    by: str
    reason: str


def run(
    console: Console, name: str, day: date, rows: Sequence[str], check: str, answer: Answer | None
) -> int:
    """The rows are released and everything that is due then has reached gold; without an answer, only tried."""
    settings, tables = read_settings(), load_tables()
    table = source(tables, name)
    with dagster_instance() as instance, open_platform(settings, tables) as platform:
        places = row_release.places(platform, table, day, rows, check=check)
        if answer is None:
            fresh = row_release.releasable_rows(platform, table, day, places)
            told = told_released_rows(table, day, places, fresh)
            say(console, f"Would be: {told}")
            return 0
        fresh = row_release.release_rows(platform, table, day, places, by=answer.by, reason=answer.reason)
        say(console, told_released_rows(table, day, places, fresh))
        done = synced(console, settings, tables, platform, instance)
        print_summary(console, platform, done)
    return ended(done, table, [day])
