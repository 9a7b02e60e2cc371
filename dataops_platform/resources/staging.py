"""Staging where a cluster and this process meet: below an S3 prefix, or in a folder that machines share."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlparse
from uuid import uuid4

from dataops_platform.core.landed_object import StoredObject
from dataops_platform.core.ports import ObjectStore
from dataops_platform.engines.staging import FolderStaging, Staging
from dataops_platform.resources.dropping import drop
from dataops_platform.resources.object_store import object_store

#: Below the lake, where no other place is named.
FOLDER = "_staging"
#: No step takes as long from its staging to its end: what is older was left by a run that died.
KEPT = timedelta(days=1)
#: Files fetched at once: enough to fill a connection to S3.
_FETCH_AT_ONCE = 4


def staging_at(url: str) -> Staging:
    """The place behind a URL: `s3://bucket/prefix`, or a folder that the engine sees by the same path."""
    parsed = urlparse(url)
    if parsed.scheme == "s3":
        return StoreStaging(object_store(url), url)
    return FolderStaging(Path(parsed.path if parsed.scheme == "file" else url).absolute())


class StoreStaging:
    """Objects below a prefix of this run's own; what is read of them here is fetched into a temporary folder."""

    def __init__(self, store: ObjectStore, url: str) -> None:
        self._store = store
        self._url = url.rstrip("/")
        self._run = uuid4().hex
        self._folder: Path | None = None

    def room(self) -> StoreRoom:
        """A room without objects."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="dataops-stage-"))
        name = uuid4().hex
        return StoreRoom(self._store, self._url, f"{self._run}/{name}", self._folder / name)

    def close(self) -> None:
        """Nothing that was staged here is left."""
        if self._folder is None:
            return
        drop(self._store, [found.key for found in self._store.objects(f"{self._run}/")])
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None


class StoreRoom:
    """The objects of one staged frame."""

    def __init__(self, store: ObjectStore, place: str, name: str, folder: Path) -> None:
        self.url = f"{place}/{name}"
        self._store = store
        self._place = place
        self._prefix = f"{name}/"
        self._folder = folder

    def _found(self) -> list[StoredObject]:
        """Those that were written to their end, in order."""
        return [
            found
            for found in self._store.objects(self._prefix)
            if found.key.endswith(".parquet") and "/_" not in found.key.removeprefix(self._prefix)
        ]

    def files(self) -> list[str]:
        """The parquet objects, in order."""
        return [f"{self._place}/{found.key}" for found in self._found()]

    def fetched(self) -> list[str]:
        """The same, on this machine's disk; each is fetched once."""
        with ThreadPoolExecutor(_FETCH_AT_ONCE) as threads:
            return list(threads.map(self._fetched, self._found()))

    def _fetched(self, found: StoredObject) -> str:
        path = self._folder / found.key.removeprefix(self._prefix)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{uuid4().hex}.partial")
            with partial.open("xb") as file:
                file.writelines(self._store.open(found))
            partial.replace(path)
        return str(path)

    def drop(self) -> None:
        """The objects and what was fetched of them are gone."""
        drop(self._store, [found.key for found in self._store.objects(self._prefix)])
        shutil.rmtree(self._folder, ignore_errors=True)


def swept(lake_store: ObjectStore, *, kept: timedelta = KEPT) -> int:
    """What dead runs left staged below the lake is gone; how many files that were."""
    before = datetime.now(UTC) - kept
    left = [found.key for found in lake_store.objects(f"{FOLDER}/") if found.landed_at < before]
    drop(lake_store, left)
    return len(left)
