"""Where an engine and this process meet: files that the one writes and both read."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from dataops_platform.errors import EnvironmentProblem


class StagingRoom(Protocol):
    """The files of one staged frame.

    Attributes:
        url: the folder they are in, as the engine names it.
    """

    url: str

    def files(self) -> list[str]:
        """The parquet files, as the engine names them, in order."""

    def fetched(self) -> list[str]:
        """The same files, as this machine's paths."""

    def drop(self) -> None:
        """The files are gone."""


class Staging(Protocol):
    """A place that the engine and this process both reach."""

    def room(self) -> StagingRoom:
        """A room without files."""

    def close(self) -> None:
        """Nothing that was staged here is left."""


class FolderRoom:
    """A folder that both see under one name."""

    def __init__(self, folder: Path) -> None:
        self.url = str(folder)

    def files(self) -> list[str]:
        """The parquet files, in order."""
        return [str(file) for file in sorted(Path(self.url).glob("*/*.parquet"))]

    def fetched(self) -> list[str]:
        """The parquet files, in order."""
        return self.files()

    def drop(self) -> None:
        """The files are gone."""
        shutil.rmtree(self.url, ignore_errors=True)


class FolderStaging:
    """A folder of this run's own: a temporary one, or one in a folder that machines share."""

    def __init__(self, shared: Path | None = None) -> None:
        self._shared = shared
        self._folder: Path | None = None

    def room(self) -> FolderRoom:
        """A room without files."""
        if self._folder is None:
            self._folder = self._made()
        folder = self._folder / uuid4().hex
        folder.mkdir()
        return FolderRoom(folder)

    def _made(self) -> Path:
        if self._shared is None:
            return Path(tempfile.mkdtemp(prefix="dataops-stage-"))
        folder = self._shared / uuid4().hex  # not by mkdtemp: others have to see into it
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise EnvironmentProblem(
                f"Rows cannot be staged in {self._shared} ({error.strerror}). Name another place by "
                "DATAOPS_STAGING_URL, or make room for it."
            ) from error
        return folder

    def close(self) -> None:
        """Nothing that was staged here is left."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
