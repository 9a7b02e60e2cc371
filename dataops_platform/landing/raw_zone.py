"""This room's raw zone: the immutable objects below `bronze/source=…/`, and what landed for which partition."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import IO

import orjson

from dataops_platform.core.landed_object import (
    METADATA_SUFFIX,
    RawObject,
    StoredObject,
    latest_versions,
    raw_object,
)
from dataops_platform.core.ports import ObjectStore
from dataops_platform.errors import ObjectChanged, RawObjectDamaged
from dataops_platform.landing.unpacked import spool

#: What every raw object's name begins with.
ROOT = "bronze/source="
#: A listing from the first to the last of so many dates costs less than one for each.
_MANY = 31
#: Listings under way at once: each waits for S3, a page after the other.
_AT_ONCE = 8


@dataclass(frozen=True)
class RawListing:
    """What the raw zone held when it was listed."""

    keys: frozenset[str]

    @cached_property
    def objects(self) -> Mapping[tuple[str, date], Sequence[RawObject]]:
        """By table and ingestion date: the latest version of each landing key, in order of landing."""
        found = [
            raw
            for key in self.keys
            if not key.endswith(METADATA_SUFFIX)
            and key + METADATA_SUFFIX in self.keys
            and (raw := raw_object(key))
        ]
        grouped: dict[tuple[str, date], list[RawObject]] = defaultdict(list)
        for raw in latest_versions(found):
            grouped[raw.table, raw.ingestion_date].append(raw)
        return grouped

    def fingerprint(self, table: str, day: date) -> str:
        """Sixteen hex digits that change when, and only when, the objects of this partition do."""
        names = "\n".join(raw.key for raw in self.objects.get((table, day), ()))
        return hashlib.sha256(names.encode()).hexdigest()[:16] if names else ""

    def with_objects(self, raw_keys: Iterable[str]) -> RawListing:
        """The listing once these objects and their companions are there too."""
        return RawListing(self.keys.union(*((key, key + METADATA_SUFFIX) for key in raw_keys)))

    def dates(self, table: str) -> list[date]:
        """The ingestion dates on which anything landed for the table."""
        return sorted(day for name, day in self.objects if name == table)


class RawZone:
    """The raw objects below a lake."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def listing(self, dates: Sequence[date] | None = None) -> RawListing:
        """The raw zone now: all of it, or all of these dates."""
        if dates is None:
            return RawListing(frozenset(found.key for found in self._store.objects(ROOT)))
        sources = [name for name in self._store.folders("bronze/") if name.startswith("source=")]
        of_date = {f"{day:%Y/%m/%d}/" for day in dates}
        # Many dates cost a request a month instead of one a date.
        folders = {day[: len("YYYY/MM/")] for day in of_date} if len(of_date) > _MANY else of_date
        prefixes = [
            f"bronze/{source}/ingestion_date={folder}" for source in sources for folder in sorted(folders)
        ]
        length = len("YYYY/MM/DD/")
        found = self._below(prefixes)
        return RawListing(
            frozenset(key for key in found if key.partition("/ingestion_date=")[2][:length] in of_date)
        )

    def named(self, raw_keys: Sequence[str]) -> frozenset[str]:
        """Those of these objects that are there, and their companions, by a request for each."""
        return frozenset(self._below(raw_keys))

    def _below(self, prefixes: Sequence[str]) -> Iterator[str]:
        """The keys that begin with these, several of which are asked for at once."""
        if not prefixes:
            return
        with ThreadPoolExecutor(min(_AT_ONCE, len(prefixes))) as threads:
            for found in threads.map(lambda prefix: [f.key for f in self._store.objects(prefix)], prefixes):
                yield from found

    def fetch(self, raw: RawObject) -> tuple[IO[bytes], str]:
        """The object as a file to read and to close, checked against its companion; and the URI it landed under.

        A large one is on disk, never whole in memory.

        Raises:
            RawObjectDamaged: it is not what was copied there.
        """
        origin = orjson.loads(self._store.read(raw.key + METADATA_SUFFIX) or b"{}")
        stored = StoredObject(raw.key, origin.get("file_size_bytes", 0), "", raw.landed_at)
        with ExitStack() as unless_whole:
            file, digest = unless_whole.enter_context(spool()), hashlib.sha256()
            try:
                for part in self._store.open(stored):
                    digest.update(part)
                    file.write(part)
            except ObjectChanged as error:
                raise _damaged(raw, "is gone") from error
            if digest.hexdigest() != origin.get("sha256"):
                raise _damaged(raw, "holds other bytes than were copied there")
            file.seek(0)
            unless_whole.pop_all()
        return file, f"s3://{origin['source_bucket']}/{origin['source_key']}"


def _damaged(raw: RawObject, what: str) -> RawObjectDamaged:
    return RawObjectDamaged(
        f"{raw.key} {what}: nothing of {raw.table}, {raw.ingestion_date} was published. Restore it from the storage's "
        f"own versions; or delete it and its {METADATA_SUFFIX}, and the next sync copies again what is still landed."
    )
