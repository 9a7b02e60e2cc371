"""This room's walk: what one tick of the landing sensor looks at, so that a million old files cost it nothing.

Where files land and what the raw zone holds is walked over in stretches, a stretch a tick, round and round: whatever
the cursor says, each round looks at everything. The newest dates, on which files are expected, are looked at by every
tick, and where a stretch brought anything new, the tick goes on with the next one as long as it has time. A cursor
that is lost, reset or made up costs a round that begins at the start, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta

import orjson

from dataops_platform.core.landed_object import LandedObject, StoredObject, raw_object
from dataops_platform.core.platform import Platform
from dataops_platform.landing.ingest import Ingest, Ingested
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.raw_zone import ROOT, RawListing, RawZone
from dataops_platform.layers.runs import ingest_step

#: Keys of a stretch: two pages of a listing, as the key after them is looked at too.
STRETCH = 1_999
#: A tick sees to all of the newest dates; of more keys than these it goes on where the one before it stopped.
_NEWEST_STRETCHES = 10
#: Of a date with fewer keys in a stretch each is asked for; listing all that is there of the date may cost far more.
_FEW = 20
#: How many days back a stated date counts as new: clocks differ, and files of yesterday come today.
_NEWEST = timedelta(days=1)


@dataclass(frozen=True)
class Cursor:
    """Where the walks have come to: the last key of the last stretch, empty at the start of a round."""

    landing: str = ""
    raw: str = ""
    newest: str = ""

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """The cursor that Dagster kept; one that says nothing we know begins a round."""
        try:
            told = orjson.loads(text or "{}")
            return cls(str(told["landing"]), str(told["raw"]), str(told["newest"]))
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
    """The newest dates and the next stretch are in the raw zone, and more of what is new, as far as time allowed."""
    taking = _Taking(ingest_step(platform), RawDates(RawZone(platform.lake_store)), is_over)
    raw = _walk_raw_zone(platform, taking.present, cursor.raw, stretch)
    newest = taking.along(
        lambda after: _newest(platform, after), cursor.newest, most=_NEWEST_STRETCHES * stretch
    )
    landing = taking.along(lambda after: platform.landing.objects(after=after), cursor.landing, most=stretch)
    return Seen(taking.done, taking.present.listing, Cursor(landing, raw, newest))


@dataclass
class _Taking:
    """What a tick takes, and what it knows of the raw zone."""

    step: Ingest
    present: RawDates
    is_over: Callable[[], bool]
    done: Ingested = field(default_factory=Ingested)
    _taken: set[str] = field(default_factory=set)

    def along(self, walk: Callable[[str], Iterable[StoredObject]], after: str, *, most: int) -> str:
        """Where the walk has come to: a stretch further, or several while anything is new and time is left."""
        while not self.is_over():
            copied = len(self.done.copied)
            found, reached = _stretch(walk(after), most)
            if not self._take(found):
                break  # the next tick begins with the same stretch
            after = reached
            if not reached or len(self.done.copied) == copied:
                break
        return after

    def _take(self, stored: Iterable[StoredObject]) -> bool:
        wanted = {
            found.raw_key: found
            for found in self.step.expected(stored, self.done)
            if found.raw_key not in self._taken
        }
        self._look_for(wanted.values())
        copied = len(self.done.copied)
        is_done = self.step.copy_new(wanted.values(), self.present.known, self.done, is_over=self.is_over)
        new = self.done.copied[copied:]
        self._taken.update(wanted)
        # Of what is new the whole date has to be known, as it is due.
        self.present.look_at({found.ingestion_date for found in new})
        self.present.add(found.raw_key for found in new)
        return is_done

    def _look_for(self, wanted: Iterable[LandedObject]) -> None:
        of_date: dict[date, list[str]] = defaultdict(list)
        for found in wanted:
            of_date[found.ingestion_date].append(found.raw_key)
        few = {
            day: keys for day, keys in of_date.items() if len(keys) < _FEW and day not in self.present.days
        }
        self.present.look_at(of_date.keys() - few.keys())
        self.present.look_for([key for keys in few.values() for key in keys])


def _walk_raw_zone(platform: Platform, present: RawDates, after: str, most: int) -> str:
    """The raw zone on the dates of its own next stretch is known, as what is gone elsewhere may be due."""
    found, reached = _stretch(platform.lake_store.objects(ROOT, after=after), most)
    if not (after or reached):
        present.know_everything(stored.key for stored in found)
        return ""
    folders = list(dict.fromkeys(_folder(stored.key) for stored in found))
    # The last one may go on behind the stretch: where it is not the only one, it is the next tick's first.
    done = set(folders[:-1] if reached and len(folders) > 1 else folders)
    of_them = (raw_object(stored.key) for stored in found if _folder(stored.key) in done)
    present.look_at({raw.ingestion_date for raw in of_them if raw})
    return f"{max(done)}~" if reached else ""


def _folder(key: str) -> str:
    """`bronze/source=…/ingestion_date=YYYY/MM/DD`."""
    return "/".join(key.split("/")[:5])


def _stretch(objects: Iterable[StoredObject], most: int) -> tuple[list[StoredObject], str]:
    """The objects of the next stretch, and the key it ends with; none where it came to the end."""
    found: list[StoredObject] = []
    is_in_order = True
    for stored in objects:
        # One that lists in an order of its own could hide a key from a walk that goes on after another.
        is_in_order = is_in_order and (not found or found[-1].key.encode() < stored.key.encode())
        if is_in_order and len(found) >= most:
            return found, found[-1].key
        found.append(stored)
    return found, ""


def _newest(platform: Platform, after: str) -> Iterator[StoredObject]:
    before = datetime.now(UTC).date() - _NEWEST - timedelta(days=1)
    for name in sorted(f"{table.name}/dt=" for table in platform.sources):
        # After all of the day before: SeaweedFS takes the name of a folder itself for the end of what is in it.
        start = f"{name}{before}~"
        if after < f"{name}~":
            yield from platform.landing.objects(name, after=max(start, after))
