"""The inventory of a lake: every Delta table below one URL, described from its log, whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import TableNotFoundError

from dataops_platform.core.inventory import ColumnFacts, Sample, TableFacts, Write
from dataops_platform.core.ports import ObjectStore, PartitionFacts
from dataops_platform.errors import TableUnreadable

LAYERS = ("bronze", "silver", "quarantine", "gold")
_LAST_WRITES = 5
_DATE = "ingestion_date"
_WORDS = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}


class DeltaInventory:
    """The tables below one URL: an S3 prefix or a folder, which `store` lists."""

    def __init__(self, url: str, store: ObjectStore) -> None:
        self.url = url.rstrip("/")
        self._store = store

    def tables(self) -> list[str]:
        """Every folder of a layer; those of the raw zone, `source=…`, hold no table."""
        return [
            f"{layer}/{name}"
            for layer in LAYERS
            for name in self._store.folders(f"{layer}/")
            if name and not (layer == "bronze" and name.startswith("source="))
        ]

    def look(
        self, table: str, *, sampled: Callable[[Sequence[str]], Sequence[str]], rows: int = 5
    ) -> TableFacts:
        """What the table's Delta log says, and some rows of it; see the port."""
        with self._told(table):
            found = DeltaTable(f"{self.url}/{table}")
            facts = _facts(found)
        wanted = sampled([column.name for column in facts["columns"]])
        newest = max(facts["dates"]) if facts["dates"] else None
        return TableFacts(**facts, sample=self._sample(table, found, wanted, newest, rows))

    def reasons(self, table: str, dates: Sequence[date]) -> Mapping[date, Mapping[str, int]]:
        """How many rows of a quarantine table are held for each reason, by ingestion date."""
        wanted = ", ".join(f"DATE '{day.isoformat()}'" for day in dates)
        query = (
            f"SELECT day, reason, count(*) AS held FROM (SELECT {_DATE} AS day, unnest(_reasons) AS reason "  # noqa: S608  # dates are ours
            f"FROM looked_at WHERE {_DATE} IN ({wanted})) GROUP BY day, reason ORDER BY held DESC, reason"
        )
        with self._told(table):
            counted = _asked(DeltaTable(f"{self.url}/{table}"), query)
        found: dict[date, dict[str, int]] = {}
        for row in counted:
            found.setdefault(row["day"], {})[row["reason"]] = row["held"]
        return found

    def _sample(
        self, table: str, found: DeltaTable, columns: Sequence[str], newest: date | None, rows: int
    ) -> Sample:
        if not columns:
            return Sample()
        chosen = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        where = f"WHERE {_DATE} = DATE '{newest.isoformat()}'" if newest else ""
        query = f"SELECT {chosen} FROM looked_at {where} LIMIT {rows:d}"  # noqa: S608  # quoted; the date is ours
        try:
            with self._told(table):
                return Sample(_asked(found, query))
        except TableUnreadable:
            return Sample(problem="Its log can be read, but not the files that the log names.")

    @contextmanager
    def _told(self, table: str) -> Iterator[None]:
        """What delta-rs says quotes the log, statistics with row values included: only its kind is passed on."""
        where = f"{self.url}/{table}"
        try:
            yield
        except TableNotFoundError:
            raise TableUnreadable(
                f"{table}: there is no Delta table at {where} (any more). Remove the folder, or restore its _delta_log."
            ) from None
        except Exception as error:  # noqa: BLE001  # delta-rs raises many kinds
            raise TableUnreadable(
                f"{table} cannot be read ({type(error).__name__}): its log is damaged, or that of a newer Delta. "
                f"Look at {where}/_delta_log, or restore it from a backup."
            ) from None


def _facts(found: DeltaTable) -> dict[str, Any]:
    """All of `TableFacts` but the sample."""
    metadata, files = found.metadata(), pa.table(found.get_add_actions(flatten=True))
    # Upkeep leaves two commits of a name of its own, and writes nothing.
    commits = map(_write, found.history(3 * _LAST_WRITES))
    writes = [commit for commit in commits if not commit.operation.startswith("VACUUM")][:_LAST_WRITES]
    has_vectors = "deletionVectors" in (found.protocol().reader_features or ())
    counts = _column(files, "num_records")
    by_date = _DATE in metadata.partition_columns and f"partition.{_DATE}" in files.column_names
    return {
        "columns": tuple(map(_field, json.loads(found.schema().to_json())["fields"])),
        "comment": metadata.description or "",
        "created_at": _moment(metadata.created_time),
        "altered_at": writes[0].at if writes else None,
        "version": found.version(),
        "rows": None if has_vectors or None in counts else sum(counts),
        "files": files.num_rows,
        "bytes": sum(_column(files, "size_bytes")),
        "partitioned_by": tuple(metadata.partition_columns),
        "dates": _dates(files) if by_date else None,
        "properties": {
            name: value if name.startswith("delta.") else "(not shown)"
            for name, value in sorted(metadata.configuration.items())
        },
        "writes": writes,
    }


def _column(files: pa.Table, name: str) -> list[Any]:
    return files[name].to_pylist() if name in files.column_names else [None] * files.num_rows


def _dates(files: pa.Table) -> dict[date, PartitionFacts]:
    found: dict[date, PartitionFacts] = {}
    columns = (_column(files, name) for name in (f"partition.{_DATE}", "num_records", "size_bytes"))
    for day, rows, size in zip(*columns, strict=True):
        if isinstance(day, date):  # another writer's null partition, or a date kept as text
            before = found.get(day, PartitionFacts(0, 0, 0))
            found[day] = PartitionFacts(before.rows + (rows or 0), before.files + 1, before.bytes + size)
    return found


def _field(field: Mapping[str, Any]) -> ColumnFacts:
    comment = str(field.get("metadata", {}).get("comment", ""))
    return ColumnFacts(field["name"], _spelt(field["type"]), field["nullable"], comment)


def _spelt(type_: Any) -> str:
    """A type of the Delta log in Spark's words."""
    if isinstance(type_, str):
        return _WORDS.get(type_, type_)
    if type_["type"] == "array":
        return f"array<{_spelt(type_['elementType'])}>"
    if type_["type"] == "map":
        return f"map<{_spelt(type_['keyType'])},{_spelt(type_['valueType'])}>"
    fields = (f"{field['name']}:{_spelt(field['type'])}" for field in type_["fields"])
    return f"struct<{','.join(fields)}>"


def _write(commit: Mapping[str, Any]) -> Write:
    """Its parameters are left out: a predicate of somebody else's may quote a person."""
    metrics = {
        name: int(value)
        for name, value in (commit.get("operationMetrics") or {}).items()
        if str(value).removeprefix("-").isdecimal()
    }
    at = _moment(commit.get("timestamp")) or datetime.fromtimestamp(0, UTC)
    return Write(int(commit["version"]), at, str(commit.get("operation", "")), metrics)


def _moment(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _asked(table: DeltaTable, query: str) -> list[dict[str, Any]]:
    rows: Iterable[dict[str, Any]] = pa.table(
        QueryBuilder().register("looked_at", table).execute(query).read_all()
    ).to_pylist()
    return list(rows)
