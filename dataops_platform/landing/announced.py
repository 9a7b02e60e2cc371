"""This room's announced objects: what a notification named is in the raw zone, by the one path of ingestion.

A notification only says where to look. The object's head says which version is there now, as a listing would, so
that whoever sees it first or twice gives it the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from dataops_platform.core.landed_object import LandedObject, landed
from dataops_platform.core.object_heads import ObjectHeads
from dataops_platform.errors import EnvironmentProblem, ObjectChanged
from dataops_platform.landing.ingest import Ingest
from dataops_platform.landing.notifications import Notification

_LOOKS = 3


class Fate(StrEnum):
    """What became of an announced object."""

    FOUND = "found"
    COPIED = "copied"
    KNOWN = "known before"
    GONE = "deleted before it was copied"
    FOREIGN = "of no table"
    OUTSIDE = "dated outside the partitions"
    ELSEWHERE = "in another bucket than the landing area's"
    CHANGING = f"overwritten {_LOOKS} times while it was copied"
    REFUSED = "refused by its store"


#: With these nothing is left to be done: the raw zone has the object, or never will.
SETTLED = frozenset({Fate.COPIED, Fate.KNOWN, Fate.GONE, Fate.FOREIGN, Fate.OUTSIDE})


@dataclass(frozen=True)
class Arrival:
    """An announced key and what is known of it.

    Attributes:
        key: its whole key in the bucket.
        found: the version that is there, where it belongs to a table.
        problem: the store's refusal; it names no key.
    """

    key: str
    fate: Fate
    found: LandedObject | None = None
    problem: str = ""


def partitions_from(first: date) -> Callable[[date], bool]:
    """Whether the platform has a partition for an ingestion date: from `first` to today, in UTC."""
    return lambda day: first <= day <= datetime.now(UTC).date()


@dataclass(frozen=True)
class Announced:
    """Looks at what notifications name, and copies it into the raw zone."""

    ingest: Ingest
    heads: ObjectHeads

    def look(self, told: Notification) -> Arrival:
        """The version that is there now, FOUND where it is one to copy."""
        landing = self.ingest.landing
        if told.bucket != landing.name:
            return Arrival(told.key, Fate.ELSEWHERE)
        if not told.key.startswith(landing.prefix):
            return Arrival(told.key, Fate.FOREIGN)
        try:
            return self._look(told.key)
        except EnvironmentProblem as problem:
            if problem.is_transient:
                raise
            return Arrival(told.key, Fate.REFUSED, problem=str(problem))

    def _look(self, key: str) -> Arrival:
        landing = self.ingest.landing
        stored = self.heads.head(key.removeprefix(landing.prefix))
        if stored is None:
            return Arrival(key, Fate.GONE)
        found = landed(landing.name, stored, self.ingest.tables, prefix=landing.prefix)
        if found is None:
            return Arrival(key, Fate.FOREIGN)
        is_wanted = self.ingest.is_partition(found.ingestion_date)
        return Arrival(key, Fate.FOUND if is_wanted else Fate.OUTSIDE, found)

    def bring(self, arrival: Arrival) -> Arrival:
        """What was FOUND is copied, in the version it has by now; anything else stays what it is."""
        for _ in range(_LOOKS):
            if arrival.found is None or arrival.fate is not Fate.FOUND:
                return arrival
            try:
                if self.ingest.copy(arrival.found):
                    return Arrival(arrival.key, Fate.COPIED, arrival.found)
            except EnvironmentProblem as problem:
                return self._refused(arrival.key, arrival.found, problem)
            arrival = self.look(Notification(arrival.found.bucket, arrival.key))
        return Arrival(arrival.key, Fate.CHANGING) if arrival.fate is Fate.FOUND else arrival

    def _refused(self, key: str, found: LandedObject, problem: EnvironmentProblem) -> Arrival:
        """The object is at fault only where it cannot be read; what the lake refuses, it refuses to every object."""
        try:
            self.ingest.landing.open(found.stored)
        except ObjectChanged:
            return self.look(Notification(found.bucket, key))
        except EnvironmentProblem as refusal:
            if refusal.is_transient:
                raise
            return Arrival(key, Fate.REFUSED, problem=str(refusal))
        raise problem
