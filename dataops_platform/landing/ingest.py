"""This room's ingest: every landed version of an object is in the raw zone exactly once, whoever saw it first.

The raw zone is the ledger: its names are decided by the object alone and put with If-None-Match, so a repetition,
a crash or a second ingester changes nothing. No cursor, run key or queue is needed for correctness.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from dataops_platform.core.landed_object import METADATA_SUFFIX, LandedObject, landed
from dataops_platform.core.ports import ObjectStore

PARALLEL_COPIES = 10
_BATCH = 200


@dataclass
class Ingested:
    """What one pass over the landing area did.

    Attributes:
        copied: objects that are new in the raw zone.
        known: objects that had been there before.
        changed: objects overwritten or deleted while they were read; the next pass finds what is there then.
        foreign: keys that belong to no table; left where they are.
        outside: keys whose date lies before the first partition or in the future.
    """

    copied: list[LandedObject] = field(default_factory=list)
    known: int = 0
    changed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ingest:
    """Copies what has landed into the raw zone.

    Attributes:
        tables: names of the tables that have a contract.
        is_partition: whether an ingestion date is one the platform has partitions for.
    """

    landing: ObjectStore
    lake_store: ObjectStore
    tables: frozenset[str]
    is_partition: Callable[[date], bool]

    def new_objects(self, present: frozenset[str], done: Ingested) -> list[LandedObject]:
        """Landed objects that are not in the raw zone (`present`: its keys); the others are counted in `done`."""
        new = []
        for stored in self.landing.objects():
            if stored.key.endswith("/"):  # a folder marker of some S3 browsers
                continue
            found = landed(self.landing.name, stored, self.tables, prefix=self.landing.prefix)
            if found is None:
                done.foreign.append(stored.key)
            elif not self.is_partition(found.ingestion_date):
                done.outside.append(stored.key)
            elif {found.raw_key, found.raw_key + METADATA_SUFFIX} <= present:
                done.known += 1
            else:
                new.append(found)
        return new

    def run(
        self,
        present: frozenset[str],
        advance: Callable[[int, int], None] = lambda _done, _all: None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Ingested:
        """Everything that has landed is in the raw zone, or as much of it as was done before `is_over`.

        `advance` is told how many of how many objects are copied.
        """
        done = Ingested()
        new = self.new_objects(present, done)
        with ThreadPoolExecutor(PARALLEL_COPIES) as threads:
            for start in range(0, len(new), _BATCH):
                if is_over():
                    break
                batch = new[start : start + _BATCH]
                for found, was_copied in zip(batch, threads.map(self.copy, batch), strict=True):
                    if was_copied:
                        done.copied.append(found)
                    else:
                        done.changed.append(found.stored.key)
                    advance(len(done.copied) + len(done.changed), len(new))
        return done

    def copy(self, found: LandedObject) -> bool:
        """The object and its metadata are in the raw zone; False where the landed version is gone by now."""
        body = self.landing.read(found.stored.key, etag=found.stored.etag)
        if body is None:
            return False
        self.lake_store.create(found.raw_key, body)
        # The companion comes last: an object without one was cut off by a crash, and is finished by the next pass.
        self.lake_store.create(found.raw_key + METADATA_SUFFIX, metadata(found, body))
        return True


def metadata(found: LandedObject, body: bytes) -> bytes:
    """The companion of a raw object: where it came from, as JSON; the same whenever it is made."""
    stored = found.stored
    return json.dumps(
        {
            "source_bucket": found.bucket,
            "source_key": found.source_key,
            "ingestion_timestamp": stored.landed_at.isoformat(),
            "ingestion_date": found.ingestion_date.isoformat(),
            "file_size_bytes": len(body),
            "aws_region": os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
            "etag": stored.etag,
            "version_id": None,
            "sha256": hashlib.sha256(body).hexdigest(),
            "table": found.table,
        },
        indent=1,
    ).encode()
