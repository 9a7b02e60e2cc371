"""The lake of the embedded engine: Delta tables committed by delta-rs, the one writer here that refuses wrong rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.ports import Engine, Publication, Rows
from dataops_platform.errors import PublishRefused, Unreachable, WriteConflict

#: Dates one commit may hold: the writer keeps a file open for each, so this bounds memory, whatever the range.
DATES_A_COMMIT = 10
_WRITER = WriterProperties(compression="ZSTD", compression_level=1)


class DeltaLake:
    """Delta tables below one URL: an S3 prefix or a folder."""

    def __init__(self, url: str, engine: Engine, *, dates_a_commit: int = DATES_A_COMMIT) -> None:
        self.url = url.rstrip("/")
        self._engine = engine
        self._dates_a_commit = dates_a_commit

    def _path(self, table: str) -> str:
        return f"{self.url}/{table}"

    def _table(self, table: str) -> DeltaTable | None:
        try:
            return DeltaTable(self._path(table))
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise Unreachable(
                f"Table {table} in {self.url} could not be opened ({_kind(error)}). "
                "Check that the lake answers: dataops doctor."
            ) from error

    def frame(self, table: str, dates: Sequence[date] | None = None) -> DataFrame | None:
        """The table as a frame (of these ingestion dates only), or None where it does not exist yet."""
        if self._table(table) is None:
            return None
        frame = self._engine.session.read.format("delta").load(self._path(table))
        return frame if dates is None else frame.filter(F.col("ingestion_date").isin(*dates))

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
        existing = self._table(table)
        if existing is not None:
            _refuse_other_schema(table, rows.schema, existing)
        present = set(self.partition_rows(table))
        counted = _Counted(table, rows)
        version = existing.version() if existing is not None else -1
        for chunk in _chunks(sorted(dates), self._dates_a_commit):
            held = [day for day in chunk if day in present]
            reader = counted.batches(chunk)
            if existing is None:
                version = self._create(table, reader, partitioned_by, description)
                existing = self._table(table)
                continue
            version = self._overwrite(table, reader, chunk) if held or counted.has_rows else version
        facts = self.partition_files(table)
        return Publication(
            version=version,
            rows={day: counted.rows.get(day, 0) for day in dates},
            files=sum(facts[day][0] for day in dates if day in facts),
            bytes=sum(facts[day][1] for day in dates if day in facts),
        )

    def _create(
        self, table: str, reader: pa.RecordBatchReader, partitioned_by: Sequence[str], description: str
    ) -> int:
        self._write(
            table,
            reader,
            mode="error",
            partition_by=["ingestion_date", *partitioned_by],
            description=description or None,
        )
        return 0

    def _overwrite(self, table: str, reader: pa.RecordBatchReader, dates: Sequence[date]) -> int:
        wanted = ", ".join(f"'{day.isoformat()}'" for day in dates)  # dates are ours: nothing to quote
        self._write(table, reader, mode="overwrite", predicate=f"ingestion_date IN ({wanted})")
        return DeltaTable(self._path(table)).version()

    def _write(self, table: str, reader: pa.RecordBatchReader, **options: Any) -> None:
        try:
            write_deltalake(self._path(table), reader, writer_properties=_WRITER, **options)
        except CommitFailedError as error:
            raise WriteConflict(
                f"{table}: another writer published the same dates first; nothing of this run was written there. "
                "Run it again."
            ) from error
        except PublishRefused:
            raise
        except (DeltaError, ValueError, OSError) as error:
            if isinstance(error.__cause__, PublishRefused):
                raise error.__cause__ from None
            # delta-rs quotes row values in its messages: they stay out of ours.
            raise PublishRefused(
                f"{table}: the lake refused the rows ({_kind(error)}); nothing was written. "
                "The rows do not fit the table's schema or partitions, or the storage did not take them."
            ) from None

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to one of the platform's own tables."""
        self._write(table, rows.to_reader(), mode="append")

    def records(self, table: str) -> pa.Table | None:
        """A whole small table of the platform's own, or None where it does not exist yet."""
        found = self._table(table)
        return None if found is None else pa.table(found.to_pyarrow_table())

    def partition_rows(self, table: str) -> Mapping[date, int]:
        """Rows by ingestion date, from the Delta log, without a scan."""
        return {day: rows for day, (_, _, rows) in self._by_date(table).items()}

    def partition_files(self, table: str) -> Mapping[date, tuple[int, int]]:
        """Files and bytes by ingestion date, from the Delta log."""
        return {day: (files, size) for day, (files, size, _) in self._by_date(table).items()}

    def _by_date(self, table: str) -> Mapping[date, tuple[int, int, int]]:
        found = self._table(table)
        facts: dict[date, tuple[int, int, int]] = {}
        if found is None:
            return facts
        actions = pa.table(found.get_add_actions(flatten=True))
        columns = (
            actions[name].to_pylist() for name in ("partition.ingestion_date", "size_bytes", "num_records")
        )
        for day, size, rows in zip(*columns, strict=True):
            before = facts.get(day, (0, 0, 0))
            facts[day] = (before[0] + 1, before[1] + size, before[2] + (rows or 0))
        return facts

    def history(self, table: str) -> list[Mapping[str, Any]]:
        """The table's commits, newest first."""
        found = self._table(table)
        return [] if found is None else list(found.history())


class _Counted:
    """Rows on their way into the lake, counted by date and held to the dates they claim."""

    def __init__(self, table: str, rows: Rows) -> None:
        self._table, self._rows = table, rows
        self.rows: dict[date, int] = defaultdict(int)
        self.has_rows = False

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """The rows of `dates`; one of another date stops the write before it is committed."""
        source = self._rows.batches(dates)
        first = next(iter(source), None)
        self.has_rows = first is not None
        return pa.RecordBatchReader.from_batches(
            source.schema, self._checked(first, source, frozenset(dates))
        )

    def _checked(
        self, first: pa.RecordBatch | None, rest: pa.RecordBatchReader, dates: frozenset[date]
    ) -> Iterator[pa.RecordBatch]:
        for batch in [] if first is None else [first]:
            yield self._count(batch, dates)
        for batch in rest:
            yield self._count(batch, dates)

    def _count(self, batch: pa.RecordBatch, dates: frozenset[date]) -> pa.RecordBatch:
        for group in pc.value_counts(batch.column("ingestion_date")).to_pylist():
            day = group["values"]
            if day not in dates:
                raise PublishRefused(
                    f"{self._table}: {group['counts']} rows are of ingestion date {day or 'null'}, but "
                    f"{min(dates)} to {max(dates)} was to be replaced; nothing was written for these dates."
                )
            self.rows[day] += group["counts"]
        return batch


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


def _kind(error: BaseException) -> str:
    found = re.match(r"[A-Za-z ]{3,60}", str(error))
    return f"{type(error).__name__}: {found[0].strip()}" if found else type(error).__name__
