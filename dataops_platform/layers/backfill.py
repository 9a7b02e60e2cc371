"""This room's backfill: what is due of a range of dates, stretch by stretch, so that it can be cut off and taken up.

Dagster's pages run a range in one run, and repeat it whole after a crash. Here a stretch that is done stays done: what
is due is known from the journal, so the same command goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg

from dataops_platform.core.inputs import LAYERS
from dataops_platform.core.platform import Platform
from dataops_platform.layers.due import Due, due
from dataops_platform.layers.runs import ingest, request_within
from dataops_platform.layers.sync import Synced, refused, work


@dataclass(frozen=True)
class Stretch:
    """Dates that are worked on in one run."""

    first: date
    last: date
    due: Due

    @property
    def told(self) -> str:
        """The stretch in a few words."""
        names = ", ".join(sorted({*self.due.sources, *self.due.products}))
        return f"{self.first} to {self.last}: {len(self.due.dates)} dates of {names}"


@dataclass(frozen=True)
class Backfill:
    """What somebody wants to be done.

    Attributes:
        days: the length of a stretch.
        layers: where; gold sees what is published up to each date, so stretches go from old to new.
    """

    first: date
    last: date
    days: int
    layers: Sequence[str] = LAYERS

    def stretches(self, wanted: Due) -> list[Stretch]:
        """The stretches in which anything is due, oldest first."""
        asked = wanted.within(self.first, self.last)
        found = []
        for number in sorted({(day - self.first).days // self.days for day in asked.dates}):
            first = self.first + timedelta(days=number * self.days)
            last = min(first + timedelta(days=self.days - 1), self.last)
            found.append(Stretch(first, last, asked.within(first, last)))
        return found


def backfill(
    platform: Platform,
    job: Callable[[Platform], dg.JobDefinition],
    instance: dg.DagsterInstance,
    asked: Backfill,
    begin: Callable[[Stretch, int, int], None] = lambda _stretch, _number, _all: None,
) -> Synced:
    """What was due of these dates is done, and no other date of bronze and silver was touched.

    Snapshots of later dates, which see what was published here, are brought up to date by one run at the end. A
    stretch that cannot be finished ends it all; refused dates do not.

    Args:
        begin: told of each stretch before it is begun, with its number from 1 and how many there are.
    """
    ingested, listing = ingest(platform)
    wanted, definition = due(platform, listing, asked.layers), job(platform)

    def left(first: date, last: date, layers: Sequence[str]) -> tuple[Due, list[str]]:
        """What is still due of these dates once the work was done, and why."""
        errors = work(definition, instance, lambda: request_within(platform, listing, first, last, layers))
        return due(platform, listing, layers).within(first, last), errors

    unfinished, errors, stretches = Due(), list[str](), asked.stretches(wanted)
    for number, stretch in enumerate(stretches, 1):
        begin(stretch, number, len(stretches))
        unfinished, errors = left(stretch.first, stretch.last, asked.layers)
        if unfinished:
            break
    if stretches and not unfinished and "gold" in asked.layers:
        unfinished, errors = left(asked.last + timedelta(days=1), date.max, ("gold",))
    standing = [entry for entry in refused(platform) if asked.first <= entry.ingestion_date <= asked.last]
    return Synced(ingested, wanted, standing, unfinished, errors if unfinished else [])
