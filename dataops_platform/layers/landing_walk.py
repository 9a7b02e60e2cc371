"""This room's walk: what one tick of the landing sensor looks at, so that a million old files cost it nothing.

Where files land and what the raw zone holds is walked over in stretches, a stretch a tick, round and round: whatever
the cursor says, each round looks at everything. The newest dates, on which files are expected, are looked at by every
tick. A cursor that is lost, reset or made up costs a round that begins at the start, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import orjson

from dataops_platform.core.landed_object import StoredObject, raw_object
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import ObjectStore
from dataops_platform.landing.ingest import Ingested
from dataops_platform.landing.raw_zone import ROOT, RawListing, RawZone
from dataops_platform.layers.runs import ingest_step

#: Keys of a stretch: listing them takes S3 well under a second.
STRETCH = 4_000
#: How many days back a stated date counts as new: clocks differ, and files of yesterday come today.
_NEWEST = timedelta(days=1)


@dataclass(frozen=True)
class Cursor:
    """Where the two walks have come to: the last key of the last stretch, empty at the start of a round."""

    landing: str = ""
    raw: str = ""

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """The cursor that Dagster kept; one that says nothing we know begins a round."""
        try:
            told = orjson.loads(text or "{}")
            return cls(str(told["landing"]), str(told["raw"]))
        except (ValueError, TypeError, LookupError):
            return cls()

    def __str__(self) -> str:
        """What Dagster keeps."""
        return orjson.dumps(asdict(self)).decode()


@dataclass(frozen=True)
class Seen:
    """What a tick did and saw.

    Attributes:
        listing: the raw zone on the dates that were looked at, each of them as a whole.
        cursor: where the next tick goes on.
    """

    ingested: Ingested
    listing: RawListing
    cursor: Cursor


def look(
    platform: Platform,
    cursor: Cursor,
    is_over: Callable[[], bool] = lambda: False,
    *,
    stretch: int = STRETCH,
) -> Seen:
    """The next stretch and the newest dates are in the raw zone, as far as time allowed."""
    step, done = ingest_step(platform), Ingested()
    walked, reached = _walk(platform.landing, "", cursor.landing, stretch)
    newest = _newest(platform) if cursor.landing or reached else []
    expected = {found.raw_key: found for found in step.expected(chain(walked, newest), done)}
    listing, raw_reached = _raw_zone(platform, {f.ingestion_date for f in expected.values()}, cursor, stretch)
    is_done = step.copy_new(expected.values(), listing.keys, done, is_over=is_over)
    after = Cursor(reached, raw_reached) if is_done else cursor
    return Seen(done, listing.with_objects(found.raw_key for found in done.copied), after)


def _raw_zone(
    platform: Platform, dates: Iterable[date], cursor: Cursor, stretch: int
) -> tuple[RawListing, str]:
    """The raw zone on these dates and on those of its own next stretch, as what is gone may be due."""
    walked, reached = _walk(platform.lake_store, ROOT, cursor.raw, stretch)
    keys = frozenset(found.key for found in walked)
    if not (cursor.raw or reached):
        return RawListing(keys), reached
    own = {raw.ingestion_date for key in keys if (raw := raw_object(key))}
    return RawZone(platform.lake_store).listing(sorted({*dates, *own})), reached


def _walk(store: ObjectStore, prefix: str, after: str, most: int) -> tuple[list[StoredObject], str]:
    """The objects of the next stretch, and the key it ends with; none where it came to the end."""
    found: list[StoredObject] = []
    is_in_order = True
    for stored in store.objects(prefix, after=after):
        # One that lists in an order of its own could hide a key from a walk that goes on after another.
        is_in_order = is_in_order and (not found or found[-1].key.encode() < stored.key.encode())
        if is_in_order and len(found) >= most:
            return found, found[-1].key
        found.append(stored)
    return found, ""


def _newest(platform: Platform) -> Iterator[StoredObject]:
    before = datetime.now(UTC).date() - _NEWEST - timedelta(days=1)
    for table in platform.sources:
        # After all of the day before: SeaweedFS takes the name of a folder itself for the end of what is in it.
        yield from platform.landing.objects(f"{table.name}/dt=", after=f"{table.name}/dt={before}~")
