"""The upkeep of the platform's own Delta tables: many small files become one, and the log gets a checkpoint."""

from __future__ import annotations

import re
from datetime import timedelta

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from dataops_platform.core.ports import ObjectStore
from dataops_platform.core.upkeep import Heap
from dataops_platform.errors import Unreachable, WriteConflict
from dataops_platform.resources.lake import WRITER

#: Folders below which the platform keeps tables of its own.
_FOLDERS = ("observability", "catalog")
#: A reader holds the files of one version for seconds; a day is more than any process takes between two looks.
KEPT = timedelta(days=1)
_COMMIT = re.compile(r"(\d{20})\.(json|checkpoint\.parquet)$")


class DeltaUpkeep:
    """The tables below one URL that `store` lists."""

    def __init__(self, url: str, store: ObjectStore, *, kept: timedelta = KEPT) -> None:
        self._url = url.rstrip("/")
        self._store = store
        self._kept = kept

    def tables(self) -> list[str]:
        """Those that are there: every folder with a Delta log."""
        return [
            f"{folder}/{name}"
            for folder in _FOLDERS
            for name in self._store.folders(f"{folder}/")
            if "_delta_log" in self._store.folders(f"{folder}/{name}/")
        ]

    def look(self, table: str) -> Heap:
        """How the table lies now; see the port."""
        found = self._open(table)
        files = pa.table(found.get_add_actions(flatten=True))
        left = found.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False)
        return Heap(files.num_rows, sum(files["size_bytes"].to_pylist()), self._commits(table), len(left))

    def _commits(self, table: str) -> int:
        """Commits since the last checkpoint."""
        found = [_COMMIT.search(one.key) for one in self._store.objects(f"{table}/_delta_log/")]
        versions = [(int(match[1]), match[2]) for match in found if match]
        checkpoint = max((version for version, kind in versions if kind != "json"), default=-1)
        return sum(kind == "json" and version > checkpoint for version, kind in versions)

    def tidy(self, table: str) -> Heap:
        """The same rows lie in few files; see the port."""
        found = self._open(table)
        hours = int(self._kept / timedelta(hours=1))
        try:
            found.optimize.compact(writer_properties=WRITER)
            found.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)
            found.create_checkpoint()
            found.cleanup_metadata()
        except CommitFailedError as error:
            raise WriteConflict(
                f"{table} was tidied by somebody else at the same time; its rows are what they were."
            ) from error
        except (DeltaError, OSError) as error:
            raise Unreachable(
                f"{table} could not be tidied ({type(error).__name__}); its rows are what they were. Try again later."
            ) from error
        return self.look(table)

    def _open(self, table: str) -> DeltaTable:
        try:
            return DeltaTable(f"{self._url}/{table}")
        except (DeltaError, OSError) as error:
            raise Unreachable(
                f"Table {table} in {self._url} could not be opened ({type(error).__name__}). "
                "Check DATAOPS_LAKE_URL and the AWS_* variables."
            ) from error
