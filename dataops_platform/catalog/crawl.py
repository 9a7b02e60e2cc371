"""This room's crawl: every table that is found in the lake, described in `catalog/metadata.json`.

What is found counts, not what is declared: a table that nobody declared, and one that cannot be read, have their
entries too. Each crawl also adds a row for each table to the Delta table `catalog/metadata`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pyarrow as pa

from dataops_platform.catalog.classification import shown
from dataops_platform.catalog.entry import Entry, described_table, unreadable
from dataops_platform.core.contract import Table
from dataops_platform.core.inventory import Inventory, TableFacts
from dataops_platform.core.ports import Lake, ObjectStore
from dataops_platform.errors import EnvironmentProblem, TableUnreadable

METADATA = "catalog/metadata.json"
#: Told in the file; it changes when, and only when, a reader of the file has to.
FORMAT = 1
_TABLE = "catalog/metadata"
#: Each waits for S3 most of the time.
_AT_ONCE = 24
#: Reasons are in the rows, so these dates of a quarantine table are read, its newest; all else is in logs.
_DATES_WITH_REASONS = 30
_SCHEMA = pa.schema(
    {
        "crawled_at": pa.timestamp("us", tz="UTC"),
        "table": pa.string(),
        "layer": pa.string(),
        "problem": pa.string(),
        "owner": pa.string(),
        "contract_version": pa.string(),
        "version": pa.int64(),
        "rows": pa.int64(),
        "files": pa.int64(),
        "bytes": pa.int64(),
        "partitions": pa.int64(),
        "first_date": pa.string(),
        "last_date": pa.string(),
        "altered_at": pa.string(),
        "columns": pa.list_(pa.string()),
        "undocumented_columns": pa.int64(),
    }
)
Document = dict[str, Any]
Advance = Callable[[int, int], None]


def crawl(
    inventory: Inventory,
    tables: Sequence[Table],
    *,
    now: datetime | None = None,
    known: Sequence[Entry] = (),
    advance: Advance = lambda _done, _all: None,
) -> Document:
    """The lake as `metadata.schema.json` has it; `advance` is told how many tables of how many are done.

    Tables of which the entry is `known` are not looked at, but for whether they are there.
    """
    found = inventory.tables()
    declared = _declared(tables)
    entries = {entry["table"]: entry for entry in known if entry["table"] in found}
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        waiting = {
            threads.submit(_entry, inventory, name, declared.get(name)): name
            for name in sorted(found)
            if name not in entries
        }
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                entries[waiting[future]] = future.result()
                advance(done, len(waiting))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return _document(
        inventory.url, now or datetime.now(UTC), [entries[name] for name in sorted(entries)], declared
    )


def keep(document: Document, lake: Lake, store: ObjectStore) -> None:
    """The crawl of a whole lake is kept in it: its rows in `catalog/metadata`, then `catalog/metadata.json`."""
    if document["tables"]:
        at = datetime.fromisoformat(document["crawled_at"])
        rows = [_row(entry, at) for entry in document["tables"]]
        lake.append(_TABLE, pa.Table.from_pylist(rows, _SCHEMA))
    keep_document(document, store)


def keep_document(document: Document, store: ObjectStore) -> None:
    """`catalog/metadata.json` is this."""
    store.put(METADATA, orjson.dumps(document))


def kept(store: ObjectStore) -> Document:
    """The last crawl.

    Raises:
        EnvironmentProblem: there was none, or it is of another version of this program.
    """
    body = store.read(METADATA)
    if body is None:
        raise EnvironmentProblem(f"{METADATA} is not there. Look at the lake first: dataops crawl")
    try:
        document: Document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = {}
    if document.get("format") != FORMAT:
        raise EnvironmentProblem(
            f"{METADATA} is damaged, or of another version of this program. Write it anew: dataops crawl"
        )
    return document


def _declared(tables: Sequence[Table]) -> dict[str, Table]:
    """Each table that contracts make, `<layer>/<name>`."""
    return {
        f"{layer}/{table.name}": table
        for table in tables
        for layer in (("gold",) if table.is_gold else ("bronze", "silver", "quarantine"))
    }


def _entry(inventory: Inventory, name: str, table: Table | None) -> Entry:
    layer = name.partition("/")[0]
    try:
        facts = inventory.look(name, sampled=shown(layer, table))
        return described_table(name, inventory.url, table, facts, _reasons(inventory, name, facts, table))
    except TableUnreadable as problem:
        return unreadable(name, inventory.url, table, str(problem))


def _reasons(
    inventory: Inventory, name: str, facts: TableFacts, table: Table | None
) -> Mapping[date, Mapping[str, int]]:
    if table is None or not name.startswith("quarantine/"):
        return {}
    held = [day for day, partition in sorted((facts.dates or {}).items()) if partition.rows]
    return inventory.reasons(name, held[-_DATES_WITH_REASONS:]) if held else {}


def _document(url: str, at: datetime, entries: Sequence[Entry], declared: Mapping[str, Table]) -> Document:
    there = {entry["table"] for entry in entries}
    return {
        "format": FORMAT,
        "crawled_at": at.isoformat(timespec="seconds"),
        "lake": url,
        "tables": list(entries),
        "undeclared": [entry["table"] for entry in entries if entry["contract"] is None],
        "unowned": [entry["table"] for entry in entries if not entry["owner"]],
        "undocumented": [
            *(entry["table"] for entry in entries if not entry["description"]),
            *(f"{entry['table']}.{name}" for entry in entries for name in _undocumented(entry)),
        ],
        "not_there_yet": sorted(name for name in declared if name not in there),
    }


def _undocumented(entry: Entry) -> list[str]:
    return [column["name"] for column in entry["columns"] if not column["description"]]


def _row(entry: Entry, at: datetime) -> Mapping[str, Any]:
    dates = entry["partitions"]["dates"] if entry["partitions"] else []
    return {
        **{name: entry.get(name) for name in _SCHEMA.names},
        "crawled_at": at,
        "contract_version": entry["contract"]["version"] if entry["contract"] else None,
        "partitions": len(dates),
        "first_date": dates[0] if dates else None,
        "last_date": dates[-1] if dates else None,
        "columns": [f"{column['name']} {column['type']}" for column in entry["columns"]],
        "undocumented_columns": len(_undocumented(entry)),
    }
