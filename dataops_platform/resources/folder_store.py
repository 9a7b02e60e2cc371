"""The object store of laptops: a folder that behaves like a bucket."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from dataops_platform.core.landed_object import PART, StoredObject
from dataops_platform.core.ports import OpenedObject
from dataops_platform.errors import EnvironmentProblem, ObjectChanged
from dataops_platform.resources.opened import Opened


class FolderStore:
    """A folder whose files are the objects."""

    def __init__(self, root: Path) -> None:
        self.name = root.name or "folder"
        self.prefix = ""
        self.root = root

    def objects(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Every file whose path below the folder begins with `prefix` and follows `after`, in the order of paths."""
        start = self.root / prefix.rpartition("/")[0]
        if not self.root.is_dir():
            raise EnvironmentProblem(
                f"Folder {self.root} does not exist. Create it, or set the URL that names it."
            )
        found = (Path(folder) / name for folder, _, names in os.walk(start) for name in names)
        keys = sorted(path.relative_to(self.root).as_posix() for path in found)
        for key in keys:
            if key.startswith(prefix) and key > after and not key.endswith(".partial"):
                try:
                    yield _stored(key, (self.root / key).stat())
                except FileNotFoundError:
                    continue  # deleted since

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders below `prefix`."""
        start = self.root / prefix
        return sorted(path.name for path in start.iterdir() if path.is_dir()) if start.is_dir() else []

    def read(self, key: str) -> bytes | None:
        """The bytes of a small file; None where it is gone."""
        path = self.root / key
        return path.read_bytes() if path.is_file() else None

    def open(self, stored: StoredObject) -> OpenedObject:
        """Exactly this version: whether it was is known when its last part has been read."""
        return Opened(None, self._parts(stored))

    def _parts(self, stored: StoredObject) -> Iterator[bytes]:
        path = self.root / stored.key
        try:
            with path.open("rb") as file:
                while part := file.read(PART):
                    yield part
            is_same = stored.etag in {"", _stored(stored.key, path.stat()).etag}
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise ObjectChanged(f"{stored.key} is not there any more in the version that was listed.")

    def create(self, key: str, body: bytes | Iterable[bytes]) -> bool:
        """Write a new file whole or not at all; False where it exists already."""
        path = self.root / key
        if path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{uuid4().hex}.partial")
        try:
            with partial.open("xb") as file:
                file.writelines([body] if isinstance(body, bytes) else body)
                file.flush()
                os.fsync(file.fileno())  # else a power cut can leave an empty file under the final name
            os.link(partial, path)  # fails where another writer was first; rename would overwrite
        except FileExistsError:
            return False
        except OSError as error:
            raise EnvironmentProblem(
                f"{self.root} could not take a new file of {self.name} ({error.strerror}). Make room in it, or check "
                "who may write there; nothing half-written was left."
            ) from error
        finally:
            partial.unlink(missing_ok=True)
        return True

    def put(self, key: str, body: bytes) -> None:
        """The file holds this from now on, whole at every moment."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{uuid4().hex}.partial")
        partial.write_bytes(body)
        partial.replace(path)


def _stored(key: str, facts: os.stat_result) -> StoredObject:
    landed_at = datetime.fromtimestamp(int(facts.st_mtime), UTC)
    return StoredObject(key, facts.st_size, f"{facts.st_mtime_ns:x}", landed_at)
