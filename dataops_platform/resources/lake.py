"""The lake of every engine: Delta tables committed by delta-rs, the one writer here that refuses wrong rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

import pyarrow as pa
from deltalake import ColumnProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from pyspark.sql import DataFrame

from dataops_platform.core.engine import Engine
from dataops_platform.core.ports import PartitionFacts, Publication, Rows
from dataops_platform.errors import PlatformError, PublishRefused, Unreachable, WriteConflict
from dataops_platform.resources.appended import AppendedRows
from dataops_platform.resources.checked_rows import CheckedRows
from dataops_platform.resources.commits import Commit
from dataops_platform.resources.delta_tables import kind, opened, require_writable
from dataops_platform.resources.table_frames import frame_of_files, frame_of_table
from dataops_platform.resources.table_texts import retell

#: Dates one commit may hold: the writer keeps a file open for each, so this bounds memory, whatever the range.
DATES_A_COMMIT = 10
#: Whoever opens a table reads each commit since its last checkpoint. Spark writes one every 10, delta-rs every 100.
CHECKPOINTS: Mapping[str, str | None] = {"delta.checkpointInterval": "10"}
#: How often rows are written that met an overwrite of a whole table, which upkeep does in a moment, once a night, or a
#: change of its texts or properties.
_AGAIN = 20
_METADATA_CHANGED = "Metadata changed since last commit"
#: Statistics of row groups are what the Delta log and readers use; those of pages cost a tenth of a write.
WRITER = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    default_column_properties=ColumnProperties(statistics_enabled="CHUNK"),
)
_REFUSED = (
    "{table}: the lake refused the rows ({error}); nothing was written. "
    "The rows do not fit the table's schema or partitions, or the storage did not take them."
)


class _MetadataChanged(WriteConflict):
    """Somebody changed the table's texts, properties or columns in between."""


class DeltaLake:
    """Delta tables below one URL: an S3 prefix or a folder."""

    def __init__(self, url: str, engine: Engine, *, dates_a_commit: int = DATES_A_COMMIT) -> None:
        self.url = url.rstrip("/")
        self._engine = engine
        self._dates_a_commit = dates_a_commit
        self._appending = Lock()
        self._appended: dict[str, AppendedRows] = defaultdict(AppendedRows)

    def _path(self, table: str) -> str:
        return f"{self.url}/{table}"

    def _table(self, table: str) -> DeltaTable | None:
        return opened(self.url, table)

    def require_writable(self, *tables: str) -> None:
        """Each of these can be committed to, or does not exist yet; see the port."""
        for table in tables:
            if (found := self._table(table)) is not None:
                require_writable(self.url, table, found)

    def frame(self, table: str, dates: Sequence[date] | None = None) -> DataFrame | None:
        """The table as a frame (of these ingestion dates only), or None where it does not exist yet."""
        found = self._table(table)
        if found is None:
            return None
        session, path = self._engine.session, self._path(table)
        if self._engine.reads_files:
            return frame_of_files(session, path, found, dates)
        return frame_of_table(session, path, found, dates)

    def replace(
        self,
        table: str,
        rows: Rows,
        dates: Sequence[date],
        *,
        partitioned_by: Sequence[str] = (),
        description: str = "",
    ) -> Publication:
        """Exactly the partitions `dates` of `table` now hold `rows`; see the port.

        A commit holds at most `dates_a_commit` dates; each date is replaced whole, in one commit.
        """
        target = self._table(table)
        if target is None:
            target = self._created(table, rows.schema, ["ingestion_date", *partitioned_by], description)
        require_writable(self.url, table, target)
        _refuse_other_schema(table, rows.schema, target)
        present = _facts(target)
        checked = CheckedRows(table, rows)
        for chunk in _chunks(sorted(dates), self._dates_a_commit):
            self._overwrite(table, checked, target, chunk, was_there=any(day in present for day in chunk))
        retell(target, rows.schema)
        return Publication(target.version(), _facts(target))

    def _created(self, table: str, schema: pa.Schema, layout: Sequence[str], description: str) -> DeltaTable:
        """The table, without rows: of two that make it at the same moment, one finds the other's.

        Rows written with it would be there twice then, as delta-rs lets the later one append to what it meets.
        """
        try:
            return DeltaTable.create(
                self._path(table),
                schema,
                mode="ignore",
                partition_by=list(layout),
                description=description or None,
                configuration=CHECKPOINTS,
            )
        except Exception as error:
            if (there := self._table(table)) is not None:  # made by another meanwhile
                return there
            raise Unreachable(
                f"Table {table} in {self.url} could not be made ({kind(error)}). "
                "Check DATAOPS_LAKE_URL and the AWS_* variables."
            ) from error

    def _overwrite(
        self, table: str, rows: CheckedRows, target: DeltaTable, dates: Sequence[date], *, was_there: bool
    ) -> None:
        """Where somebody changed the table's texts or properties meanwhile, and no row of `dates`, once more."""
        wanted = ", ".join(f"'{day.isoformat()}'" for day in dates)  # dates are ours: nothing to quote
        predicate = f"ingestion_date IN ({wanted})"
        for left in reversed(range(_AGAIN)):
            reader = rows.batches(dates)
            if not (rows.has_rows or was_there):
                return
            try:
                self._write(table, rows, reader, target=target, mode="overwrite", predicate=predicate)
            except _MetadataChanged:
                before = _facts(target)
                target.update_incremental()
                after = _facts(target)
                if not left or any(before.get(day) != after.get(day) for day in dates):
                    raise
                require_writable(self.url, table, target)
                _refuse_other_schema(table, rows.schema, target)
            else:
                return

    def _write(
        self,
        table: str,
        source: CheckedRows | None,
        reader: pa.RecordBatchReader,
        *,
        target: DeltaTable | None = None,
        **options: Any,
    ) -> None:
        commit, uri = Commit(), self._path(table)
        try:
            write_deltalake(
                target or uri,
                reader,
                writer_properties=WRITER,
                commit_properties=commit.properties,
                **options,
            )
        except Exception as error:  # noqa: BLE001  # delta-rs raises many kinds, those of the rows' source too
            if source is not None and source.failure is not None:
                raise _refusal_of_source(table, source.failure, error) from None
            if not self._holds(table, commit):
                raise self._refusal(table, error) from None
            if target is not None:
                target.update_incremental()

    def _holds(self, table: str, commit: Commit) -> bool:
        """Whether the commit is there although its writer was told that it failed, or that another was first."""
        try:
            return commit.is_in(self._path(table))
        except (DeltaError, OSError):
            raise Unreachable(
                f"{table}: {self.url} stopped answering while rows were written, and does not tell whether they were. "
                "Run it again: dates are replaced whole. Check DATAOPS_LAKE_URL and the AWS_* variables."
            ) from None

    def _refusal(self, table: str, error: Exception) -> PlatformError:
        """Why nothing was written; delta-rs quotes row values in its messages: they stay out of ours."""
        if isinstance(error, CommitFailedError):
            conflict = _MetadataChanged if _METADATA_CHANGED in str(error) else WriteConflict
            return conflict(
                f"{table}: another writer published the same dates first; nothing of this run was written there. "
                "Run it again."
            )
        if isinstance(error, OSError):
            return Unreachable(
                f"{table}: {self.url} did not take the rows ({type(error).__name__}); nothing was written. Run it "
                "again, and check DATAOPS_LAKE_URL and the AWS_* variables."
            )
        return PublishRefused(_REFUSED.format(table=table, error=type(error).__name__))

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to one of the platform's own tables; again where upkeep rewrote the table meanwhile."""
        with self._appending:  # two first rows at the same time would both create the table
            for left in reversed(range(_AGAIN)):
                try:
                    self._write(table, None, rows.to_reader(), mode="append")
                except (
                    WriteConflict
                ):  # nothing was written, and what is added does not depend on what is there
                    if not left:
                        raise
                else:
                    return

    def records(self, table: str) -> pa.Table | None:
        """All rows of a table of the platform's own, or None where it does not exist yet."""
        found = self._table(table)
        return None if found is None else self._appended[table].read(found)

    def partitions(self, table: str) -> Mapping[date, PartitionFacts]:
        """Facts of every ingestion date, from the Delta log, without a scan."""
        return _facts(self._table(table))

    def history(self, table: str) -> list[Mapping[str, Any]]:
        """The table's commits, newest first."""
        found = self._table(table)
        return [] if found is None else list(found.history())


def _refusal_of_source(table: str, failure: Exception, error: Exception) -> PlatformError:
    """The writer hands on what the rows' source raised as a text; the error itself says more."""
    if isinstance(failure, PlatformError):
        return failure
    return PublishRefused(_REFUSED.format(table=table, error=type(error).__name__))


def _facts(table: DeltaTable | None) -> dict[date, PartitionFacts]:
    facts: dict[date, PartitionFacts] = {}
    if table is None:
        return facts
    actions = pa.table(table.get_add_actions(flatten=True))
    told = ("partition.ingestion_date", "num_records", "size_bytes", "modification_time")
    for day, rows, size, written in zip(*(actions[name].to_pylist() for name in told), strict=True):
        found = facts.get(day, PartitionFacts(0, 0, 0))
        at = datetime.fromtimestamp(written / 1000, UTC)
        newest = max(at, found.written_at or at)
        facts[day] = PartitionFacts(found.rows + (rows or 0), found.files + 1, found.bytes + size, newest)
    return facts


def _refuse_other_schema(table: str, schema: pa.Schema, existing: DeltaTable) -> None:
    """delta-rs would cast a double to a decimal in silence: types are compared before it sees a row."""
    there = {field.name: _spelt(field.type) for field in pa.schema(existing.schema().to_arrow())}
    here = {field.name: _spelt(field.type) for field in schema}
    told = [
        *(f"{name} is unknown" for name in here if name not in there),
        *(f"{name} is missing" for name in there if name not in here),
        *(
            f"{name} is {here[name]}, not {there[name]}"
            for name in here
            if name in there and here[name] != there[name]
        ),
    ]
    if told:
        raise PublishRefused(
            f"{table}: the rows have another schema than the table: {'; '.join(told)}. Nothing was written. "
            "A changed contract needs its table migrated or rebuilt first."
        )


def _spelt(type_: pa.DataType) -> str:
    """The type without what writers differ in and readers do not see: the name of a list's element."""
    return f"list<{_spelt(type_.value_type)}>" if pa.types.is_list(type_) else str(type_)


def _chunks(dates: Sequence[date], size: int) -> Iterator[Sequence[date]]:
    for start in range(0, len(dates), size):
        yield dates[start : start + size]
