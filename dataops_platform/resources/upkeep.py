"""The upkeep of Delta tables: of the platform's own, many small files become one; of all, what is outdated goes.

Tables of the layers are written a date at a time, each date whole: their files need no joining, and their log gets its
checkpoints as they are written. What they leave are the files of dates that were replaced since, and of writers that
died.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from dataops_platform.core.ports import ObjectStore
from dataops_platform.core.upkeep import Heap
from dataops_platform.errors import Unreachable, WriteConflict
from dataops_platform.resources.appended import AppendedRows
from dataops_platform.resources.delta_tables import opened, require_writable
from dataops_platform.resources.inventory import LAYERS
from dataops_platform.resources.lake import WRITER
from dataops_platform.resources.staging import swept

#: Folders below which the platform keeps tables of its own.
_OWN = ("observability", "catalog")
#: What lies so already costs a reader nothing.
_FEW_FILES, _FEW_COMMITS = 1, 1
#: A reader holds the files of one version for seconds; a day is more than any process takes between two looks.
KEPT = timedelta(days=1)
_LOG = "/_delta_log/"
#: Of bronze, what the raw zone's folders begin with.
_RAW = "source="
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
            for folder in (*_OWN, *LAYERS)
            for name in self._store.folders(f"{folder}/")
            if not name.startswith(_RAW) and "_delta_log" in self._store.folders(f"{folder}/{name}/")
        ]

    def look(self, table: str) -> Heap:
        """How the table lies now; see the port."""
        found = self._open(table)
        files = pa.table(found.get_add_actions(flatten=True))
        keys = [one.key for one in self._store.objects(f"{table}/")]
        # Not as a dry run of vacuum tells it: that names files for a week after they are gone.
        there = sum(key.endswith(".parquet") and _LOG not in key for key in keys)
        size = sum(files["size_bytes"].to_pylist())
        left, commits = there - files.num_rows, _commits(keys)
        if _is_own(table):
            spare = max(files.num_rows - _FEW_FILES, 0) + max(commits - _FEW_COMMITS, 0) + left
        else:
            spare = len(found.vacuum(full=True)) if left else 0
        return Heap(files.num_rows, size, commits, left, spare)

    def tidy(self, table: str) -> Heap:
        """The same rows lie in few files; see the port."""
        found = self._open(table)
        try:
            if _is_own(table):
                self._tidy_own(found)
            else:
                # As long as the table itself says, or a week: readers of a version, and time travel, need no longer.
                # Full, as a checkpoint forgets after a week which files were replaced, and never knew a dead writer's.
                found.vacuum(dry_run=False, full=True)
        except CommitFailedError as error:
            raise WriteConflict(
                f"{table} was tidied by somebody else at the same time; its rows are what they were."
            ) from error
        except (DeltaError, OSError) as error:
            raise Unreachable(
                f"{table} could not be tidied ({type(error).__name__}); its rows are what they were. Try again later."
            ) from error
        return self.look(table)

    def sweep(self) -> int:
        """What runs that died left staged is gone; see the port."""
        return swept(self._store)

    def _tidy_own(self, found: DeltaTable) -> None:
        if len(found.file_uris()) > 1:
            _rewrite(found)
        hours = int(self._kept / timedelta(hours=1))
        found.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)
        found.create_checkpoint()
        found.cleanup_metadata()

    def _open(self, table: str) -> DeltaTable:
        if (found := opened(self._url, table)) is None:
            raise Unreachable(f"Table {table} in {self._url} is gone. Check DATAOPS_LAKE_URL.")
        require_writable(self._url, table, found)  # else tidying would fail as if somebody else were at it
        return found


def _is_own(table: str) -> bool:
    return table.startswith(_OWN)


def _rewrite(table: DeltaTable) -> None:
    """The same rows in few files; what others append meanwhile is there too.

    Not by `optimize.compact`: of two at the same time delta-rs 1.6 lets both commit, and every row is there twice. An
    overwrite of a table that another one has overwritten since is refused.
    """
    write_deltalake(table, AppendedRows().read(table), mode="overwrite", writer_properties=WRITER)


def _commits(keys: Sequence[str]) -> int:
    """Commits since the last checkpoint."""
    found = [_COMMIT.search(key) for key in keys if _LOG in key]
    versions = [(int(match[1]), match[2]) for match in found if match]
    checkpoint = max((version for version, kind in versions if kind != "json"), default=-1)
    return sum(kind == "json" and version > checkpoint for version, kind in versions)
