"""This room's journal: what was judged and published, in the Delta table `observability/verdicts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa

from dataops_platform.core.ports import Entry, JournalState, Lake

_TABLE = "observability/verdicts"
_SCHEMA = pa.schema(
    {
        "table": pa.string(),
        "layer": pa.string(),
        "ingestion_date": pa.date32(),
        "inputs": pa.string(),
        "contract_version": pa.string(),
        "accepted": pa.bool_(),
        "rows": pa.int64(),
        "quarantined": pa.int64(),
        "message": pa.string(),
        "run_id": pa.string(),
        "at": pa.timestamp("us", tz="UTC"),
    }
)


class DeltaJournal:
    """The journal as a Delta table that is only ever appended to."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def record(self, entries: Sequence[Entry]) -> None:
        """Remember what became of partitions."""
        if entries:
            self._lake.append(_TABLE, pa.Table.from_pylist([asdict(entry) for entry in entries], _SCHEMA))

    def state(self) -> JournalState:
        """What is remembered now."""
        records = self._lake.records(_TABLE)
        rows = [] if records is None else records.sort_by("at").select(_SCHEMA.names).to_pylist()
        entries = [Entry(**row) for row in rows]
        return JournalState(
            last={(entry.layer, entry.table, entry.ingestion_date): entry for entry in entries},
            published={(e.layer, e.table, e.ingestion_date): e for e in entries if e.accepted},
        )
