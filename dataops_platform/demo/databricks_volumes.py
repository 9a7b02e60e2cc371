"""This file holds the volumes of the emulated workspace: folders here, by the names of the Files interface."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

#: A file that a job run writes is there once it is closed: here, once nothing was written to it for this long.
_SETTLED = 0.1


class NotThere(Exception):
    """What was asked for is not in any volume."""


class Volumes:
    """Everything below one folder whose name ends in `Volumes`, which stands for Databricks' `/Volumes`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._whole: set[Path] = set()

    def _place(self, path: str) -> Path:
        place = Path(path)
        if ".." in place.parts or not place.is_relative_to(self.root):
            raise NotThere(path)
        return place

    def write(self, path: str, body: bytes) -> None:
        """The file holds this."""
        place = self._place(path)
        if not place.parent.is_dir():
            raise NotThere(path)
        place.write_bytes(body)
        self._whole.add(place)

    def read(self, path: str) -> bytes:
        """What the file holds."""
        place = self._place(path)
        if not place.is_file() or not (place in self._whole or _is_settled(place)):
            raise NotThere(path)
        return place.read_bytes()

    def make(self, path: str) -> None:
        """The folder is there, and those above it in its volume."""
        place = self._place(path)
        volume = Path(*place.parts[: len(self.root.parts) + 3])
        if not volume.is_dir():
            raise NotThere(path)
        place.mkdir(parents=True, exist_ok=True)

    def names(self, path: str) -> list[dict[str, Any]]:
        """What lies in the folder, as the interface tells it."""
        place = self._place(path)
        if not place.is_dir():
            raise NotThere(path)
        return [
            {"path": str(found), "name": found.name, "is_directory": found.is_dir()}
            for found in sorted(place.iterdir())
        ]

    def remove(self, path: str) -> None:
        """The file or folder is gone."""
        place = self._place(path)
        if not place.exists():
            raise NotThere(path)
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    def is_there(self, path: str) -> bool:
        """Whether a file or folder of that name is there."""
        return self._place(path).exists()


def _is_settled(place: Path) -> bool:
    return time.time() - place.stat().st_mtime >= _SETTLED
