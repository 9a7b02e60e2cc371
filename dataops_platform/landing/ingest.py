"""This room's ingest: every landed version of an object is in the raw zone exactly once, whoever saw it first.

The raw zone is the ledger: its names are decided by the object alone and put with If-None-Match, so a repetition,
a crash or a second ingester changes nothing. No cursor, run key or queue is needed for correctness.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from dataops_platform.core.landed_object import METADATA_SUFFIX, LandedObject, StoredObject, landed
from dataops_platform.core.ports import ObjectStore
from dataops_platform.errors import ObjectChanged, PlatformError, Unreachable

PARALLEL_COPIES = 10
#: Copies that are asked for at once, so that few threads wait for the last ones.
_BATCH = 1_000
#: Objects after one another for which a store did not answer; the others would wait for nothing.
_GIVE_UP = 100


@dataclass
class Ingested:
    """What one pass over the landing area did.

    Attributes:
        copied: objects that are new in the raw zone.
        known: objects that had been there before.
        changed: objects overwritten or deleted while they were read; the next pass finds what is there then.
        foreign: keys that belong to no table; left where they are.
        outside: keys whose date lies before the first partition or in the future.
        failed: keys that could not be copied, though others could, and why; the next pass tries them again.
    """

    copied: list[LandedObject] = field(default_factory=list)
    known: int = 0
    changed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    failed: dict[str, PlatformError] = field(default_factory=dict)


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

    def expected(self, listed: Iterable[StoredObject], done: Ingested) -> Iterator[LandedObject]:
        """The listed objects that belong into the raw zone; the others are told in `done`."""
        for stored in listed:
            if stored.key.endswith("/"):  # a folder marker of some S3 browsers
                continue
            found = landed(self.landing.name, stored, self.tables, prefix=self.landing.prefix)
            if found is None:
                done.foreign.append(stored.key)
            elif not self.is_partition(found.ingestion_date):
                done.outside.append(stored.key)
            else:
                yield found

    def run(
        self,
        present: frozenset[str],
        advance: Callable[[int, int], None] = lambda _done, _all: None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Ingested:
        """Everything that has landed is in the raw zone, or as much of it as was done before `is_over`.

        `present` are the raw zone's keys. `advance` is told how many of how many objects are copied.

        Raises:
            Unreachable: a store does not answer; what was copied until then stays.
        """
        done = Ingested()
        self.copy_new(self.expected(self.landing.objects(), done), present, done, advance, is_over)
        return done

    def copy_new(
        self,
        wanted: Iterable[LandedObject],
        present: AbstractSet[str],
        done: Ingested,
        advance: Callable[[int, int], None] = lambda _done, _all: None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Those of `wanted` not `present` are in the raw zone, told in `done`; False if time ran out first."""
        new = [found for found in wanted if not _is_whole(found, present, done)]
        unanswered = 0
        with _threads() as threads:
            for start in range(0, len(new), _BATCH):
                batch = new[start : start + _BATCH]
                for number, (found, outcome) in enumerate(
                    zip(batch, threads.map(partial(self._tried, is_over), batch), strict=True), start + 1
                ):
                    if outcome is None:
                        return False
                    _tell(done, found, outcome)
                    advance(number, len(new))
                    unanswered = unanswered + 1 if isinstance(outcome, Unreachable) else 0
                    if unanswered == min(_GIVE_UP, len(new)):
                        raise Unreachable(str(outcome))
        return True

    def _tried(self, is_over: Callable[[], bool], found: LandedObject) -> bool | PlatformError | None:
        """One object that cannot be copied does not keep the others from it; None where there is no time for it."""
        try:
            return None if is_over() else self.copy(found)
        except PlatformError as error:
            return error

    def copy(self, found: LandedObject) -> bool:
        """The object and its metadata are in the raw zone; False where the landed version is gone by now.

        Of an object of any size a few parts are held in memory.
        """
        try:
            opened = self.landing.open(found.stored)
            body = _Measured(opened, found)
            self.lake_store.create(found.raw_key, body)
            # Whoever was first may have kept the store from reading it all.
            for _ in body:
                continue
        except ObjectChanged:
            return False
        # The companion comes last: an object without one was cut off by a crash, and is finished by the next pass.
        told = metadata(found, body.digest.hexdigest(), opened.version_id)
        self.lake_store.create(found.raw_key + METADATA_SUFFIX, told)
        return True


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Threads for copies; whatever ends the block, what is not begun by then is not done."""
    threads = ThreadPoolExecutor(PARALLEL_COPIES)
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)


def _is_whole(found: LandedObject, present: AbstractSet[str], done: Ingested) -> bool:
    is_whole = found.raw_key in present and found.raw_key + METADATA_SUFFIX in present
    done.known += is_whole
    return is_whole


def _tell(done: Ingested, found: LandedObject, outcome: bool | PlatformError) -> None:  # noqa: FBT001  # no switch
    if isinstance(outcome, PlatformError):
        done.failed[found.stored.key] = outcome
    elif outcome:
        done.copied.append(found)
    else:
        done.changed.append(found.stored.key)


class _Measured:
    """Parts on their way, and their digest once they all have passed: none passes as the last that ends too soon."""

    def __init__(self, parts: Iterable[bytes], found: LandedObject) -> None:
        self.digest = hashlib.sha256()
        self._parts = iter(parts)
        self._found = found
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self._size += len(part)
            self.digest.update(part)
            yield part
        if self._size != self._found.stored.size:
            raise ObjectChanged(
                f"{self._found.uri} was listed with {self._found.stored.size} bytes and read as {self._size}."
            )


def metadata(found: LandedObject, sha256: str, version_id: str | None) -> bytes:
    """The companion of a raw object: where it came from, as JSON; the same whenever it is made."""
    stored = found.stored
    return json.dumps(
        {
            "source_bucket": found.bucket,
            "source_key": found.source_key,
            "ingestion_timestamp": stored.landed_at.isoformat(),
            "ingestion_date": found.ingestion_date.isoformat(),
            "file_size_bytes": stored.size,
            "aws_region": os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
            "etag": stored.etag,
            "version_id": version_id,
            "sha256": sha256,
            "table": found.table,
        },
        indent=1,
    ).encode()
