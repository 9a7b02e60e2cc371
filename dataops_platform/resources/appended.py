"""This file holds the reading of tables that only grow: each of their files is read once in a process's life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

#: Files fetched at once: each is small, so the wait for S3 is what they cost.
_FETCH_AT_ONCE = 8


class AppendedRows:
    """The rows of one table of the platform's own, which has no partitions and whose files never change."""

    def __init__(self) -> None:
        self._files: Mapping[str, pa.Table] = {}
        self._lock = Lock()

    def read(self, table: DeltaTable) -> pa.Table:
        """Every row of the table as it is now, in the table's own types."""
        schema = pa.schema(table.schema().to_arrow())
        paths = pa.table(table.get_add_actions(flatten=True)).column("path").to_pylist()
        with self._lock:
            new = [path for path in paths if path not in self._files]
            known = {**self._files, **_fetched(table, new, schema)} if new else self._files
            self._files = {path: known[path] for path in paths}
            return pa.concat_tables([schema.empty_table(), *self._files.values()])


def _fetched(table: DeltaTable, paths: Sequence[str], schema: pa.Schema) -> dict[str, pa.Table]:
    storage = DeltaStorageHandler(table.table_uri)

    def fetched(path: str) -> pa.Table:
        # Whole, by threads that end here: pyarrow's own would call back into Python, also when it is ending.
        with storage.open_input_file(path) as file:
            return pq.ParquetFile(BytesIO(file.read())).read(use_threads=False).cast(schema)

    with ThreadPoolExecutor(_FETCH_AT_ONCE) as threads:
        return dict(zip(paths, threads.map(fetched, paths), strict=True))
