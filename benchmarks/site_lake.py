"""The catalogue of a lake of 500 tables: what a crawl found of it, what was judged, and where columns come from.

Journal and metrics are real tables of 90 days and more. Entries are those of one real table for each layer, of 1,000
ingestion dates, told again under other names: pages are made from entries, and never look at a table.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from benchmarks import remembered_lake
from benchmarks.remembered_lake import LAST
from dataops_platform.catalog.crawl import crawl, keep_document
from dataops_platform.core.lineage import Edge, How, Origin, TableLineage
from dataops_platform.core.platform import Platform
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.inventory import DeltaInventory

TABLES, DATES, DAYS = 500, 1_000, 90
_LAYERS = ("bronze", "silver", "quarantine")


def catalogued(folder: Path) -> tuple[Platform, Mapping[str, TableLineage]]:
    """A platform with a crawl of 500 tables behind it, and the lineage of their columns."""
    platform = remembered_lake.platform(folder / "lake", tables=-(-TABLES // len(_LAYERS)), days=DAYS)
    document = _found(folder / "one", platform)
    document["tables"] = list(islice(_repeated(document["tables"], platform), TABLES))
    keep_document(document, platform.lake_store)
    return platform, {
        entry["table"]: _lineage(entry) for entry in document["tables"] if entry["layer"] != "bronze"
    }


def _found(folder: Path, platform: Platform) -> dict[str, Any]:
    """What a crawl says of a lake that has the first of the tables only."""
    first, dates = platform.tables[0], [LAST - timedelta(days=ago) for ago in range(DATES)]
    columns = {name: [f"{name} {ago}" for ago in range(DATES)] for name in first.contract.columns}
    for layer in _LAYERS:
        more = {"_reasons": [["key_is_unique: a later row has the same key"]] * DATES}
        told = {**columns, **(more if layer == "quarantine" else {}), "ingestion_date": dates}
        where = folder / layer / first.name
        write_deltalake(where, pa.table(told), partition_by=["ingestion_date"])
    return crawl(DeltaInventory(str(folder), FolderStore(folder)), [first])


def _repeated(entries: list[dict[str, Any]], platform: Platform) -> Iterator[dict[str, Any]]:
    for table in platform.tables:
        for entry in entries:
            upstream = [] if entry["layer"] == "bronze" else [f"bronze/{table.name}"]
            names = {"table": f"{entry['layer']}/{table.name}", "name": table.name, "upstream": upstream}
            yield {**entry, **names}


def _lineage(entry: Mapping[str, Any]) -> TableLineage:
    [source] = entry["upstream"]
    columns = {
        column["name"]: Origin(frozenset({Edge(f"{source}.{column['name']}", How.TRANSFORMATION)}))
        for column in entry["columns"]
    }
    return TableLineage(entry["table"], (source,), columns)
