"""This room's journal: what was judged and published, in the Delta table `observability/verdicts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from dataops_platform.core.ports import Entry, Instruction, JournalState, Lake, RowPlace

VERDICTS = "observability/verdicts"
_INSTRUCTIONS = "observability/instructions"
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
_SAID = pa.schema(
    {
        "kind": pa.string(),
        "table": pa.string(),
        "ingestion_date": pa.date32(),
        "inputs": pa.string(),
        "contract_version": pa.string(),
        "by": pa.string(),
        "reason": pa.string(),
        "at": pa.timestamp("us", tz="UTC"),
        "rows": pa.list_(pa.struct({"source_object": pa.string(), "position": pa.int64()})),
    }
)


class DeltaJournal:
    """The journal as two Delta tables that are only ever appended to."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def record(self, entries: Sequence[Entry]) -> None:
        """Remember what became of partitions."""
        if entries:
            self._lake.append(VERDICTS, pa.Table.from_pylist([asdict(entry) for entry in entries], _SCHEMA))

    def instruct(self, instructions: Sequence[Instruction]) -> None:
        """Remember what is to become of partitions."""
        if instructions:
            told = [{**vars(one), "rows": [place._asdict() for place in one.rows]} for one in instructions]
            self._lake.append(_INSTRUCTIONS, pa.Table.from_pylist(told, _SAID))

    def state(self) -> JournalState:
        """What is remembered now."""
        entries = [Entry(**row) for row in self._rows(VERDICTS, _SCHEMA)]
        said = [
            Instruction(**{**row, "rows": tuple(RowPlace(**place) for place in row["rows"])})
            for row in self._rows(_INSTRUCTIONS, _SAID)
        ]
        return JournalState(
            last={(entry.layer, entry.table, entry.ingestion_date): entry for entry in entries},
            published={(e.layer, e.table, e.ingestion_date): e for e in entries if e.accepted},
            instructions={(one.kind, one.table, one.ingestion_date): one for one in said},
        )

    def _rows(self, table: str, schema: pa.Schema) -> list[dict[str, Any]]:
        records = self._lake.records(table)
        return [] if records is None else records.sort_by("at").select(schema.names).to_pylist()
