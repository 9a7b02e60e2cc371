"""This room's raw zone: the immutable objects below `bronze/source=…/`, and what landed for which partition."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from dataops_platform.core.landed_object import METADATA_SUFFIX, RawObject, latest_versions, raw_object
from dataops_platform.core.ports import ObjectStore

_ROOT = "bronze/source="


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
        """The raw zone now: all of it, or the folders of a few dates."""
        if dates is None or len(dates) > 31:  # noqa: PLR2004  # a full listing costs less than so many small ones
            return RawListing(frozenset(found.key for found in self._store.objects(_ROOT)))
        sources = [name for name in self._store.folders("bronze/") if name.startswith("source=")]
        prefixes = [f"bronze/{source}/ingestion_date={day:%Y/%m/%d}/" for source in sources for day in dates]
        return RawListing(
            frozenset(found.key for prefix in prefixes for found in self._store.objects(prefix))
        )

    def read(self, raw: RawObject) -> tuple[bytes, str]:
        """The object's bytes, and the URI it landed under."""
        body = self._store.read(raw.key)
        told = self._store.read(raw.key + METADATA_SUFFIX)
        if body is None or told is None:
            raise FileNotFoundError(raw.key)
        origin = json.loads(told)
        return body, f"s3://{origin['source_bucket']}/{origin['source_key']}"
