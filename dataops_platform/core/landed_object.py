"""This room's landed object: one version of one key, and everything the platform decides from it alone.

Nothing here asks the clock: a retry after midnight, a replay or a second ingester gives the same name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

_EXTENSION = r"\.(csv|json|jsonl|ndjson|parquet)(\.(gz|zst))?"
_LANDING_KEY = re.compile(rf"(?P<table>[^/]+)/(.+/)?(?P<file>[^/]+{_EXTENSION})", re.DOTALL | re.IGNORECASE)
_STATED_DATE = re.compile(r"/dt=(\d{4}-\d{2}-\d{2})/")
_RAW_KEY = re.compile(
    r"bronze/source=[^/]+/ingestion_date=(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/"
    r"(?P<stamp>\d{8}T\d{6}Z)\.(?P<table>[a-z][a-z0-9_]*)\.(?P<key>[0-9a-f]{12})(?P<version>[0-9a-f]{8})_(?P<file>[^/]+)"
)
#: What a folder's file is called in no encoding we know; no row could say where it came from.
_NO_TEXT = re.compile(r"[\ud800-\udfff]")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")

METADATA_SUFFIX = ".metadata.json"
#: Bytes of an object that are held in memory at once: S3 takes parts of 5 MiB and more.
PART = 8 << 20


@dataclass(frozen=True)
class StoredObject:
    """What a listing or a notification says of one version of an object.

    Attributes:
        version_id: its version in a versioned bucket, where whoever saw it was told; its name does not depend on it,
            because a listing does not say it.
    """

    key: str
    size: int
    etag: str
    landed_at: datetime
    version_id: str | None = None


@dataclass(frozen=True)
class LandedObject:
    """One version of a landing key that belongs to a table.

    Attributes:
        bucket: where it landed.
        source_key: its whole key there; `stored.key` is what follows the landing area's own prefix.
    """

    bucket: str
    source_key: str
    stored: StoredObject
    table: str
    file: str
    ingestion_date: date

    @property
    def uri(self) -> str:
        """Where the object landed; rows carry it as `_source_object`."""
        return f"s3://{self.bucket}/{self.source_key}"

    @cached_property
    def raw_key(self) -> str:
        """The one name of this version in the raw zone."""
        stored = self.stored
        stamp = stored.landed_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        key = hashlib.sha256(f"{self.bucket}/{self.source_key}".encode()).hexdigest()[:12]
        version = hashlib.sha256(f"{stored.etag}/{stored.size}".encode()).hexdigest()[:8]
        # No object may look like another's companion.
        file = _UNSAFE.sub("-", self.file).replace(METADATA_SUFFIX, "-metadata.json")[-100:]
        day = self.ingestion_date.strftime("%Y/%m/%d")
        return f"bronze/source={self.bucket}/ingestion_date={day}/{stamp}.{self.table}.{key}{version}_{file}"


def landed(
    bucket: str, stored: StoredObject, tables: frozenset[str], *, prefix: str = ""
) -> LandedObject | None:
    """The landed object behind a listing's entry, or None where the key belongs to no table of the platform.

    `prefix` is what the landing area's keys begin with in the bucket.

    The ingestion date is the one the key states (`dt=YYYY-MM-DD`), else the UTC date on which it landed.
    """
    match = _LANDING_KEY.fullmatch(stored.key)
    if match is None or match["table"] not in tables or _NO_TEXT.search(stored.key):
        return None
    day = stored.landed_at.astimezone(UTC).date()
    if stated := _STATED_DATE.search(stored.key):
        try:
            day = date.fromisoformat(stated[1])
        except ValueError:
            return None
    return LandedObject(bucket, prefix + stored.key, stored, match["table"], match["file"], day)


@dataclass(frozen=True, order=True)
class RawObject:
    """One object of the raw zone; the order is that of landing."""

    stamp: str
    key: str
    table: str
    ingestion_date: date
    identity: str

    @property
    def landed_at(self) -> datetime:
        """When the object landed, in UTC, to the second."""
        return datetime.strptime(self.stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def raw_object(key: str) -> RawObject | None:
    """What the raw zone's name `key` says, or None for any other object."""
    match = _RAW_KEY.fullmatch(key)
    if match is None or key.endswith(METADATA_SUFFIX):
        return None
    ingested = date(int(match["year"]), int(match["month"]), int(match["day"]))
    return RawObject(match["stamp"], key, match["table"], ingested, match["key"])


def latest_versions(objects: list[RawObject]) -> list[RawObject]:
    """Of each landing key within each ingestion date, the version that landed last; in order of landing."""
    last: dict[tuple[str, date, str], RawObject] = {}
    for found in sorted(objects):
        last[found.table, found.ingestion_date, found.identity] = found
    return sorted(last.values())
