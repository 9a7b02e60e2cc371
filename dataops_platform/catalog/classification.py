"""This room's classification: which columns may hold personal data, and which values people may therefore see.

Whoever writes a contract names the columns that hold none; nobody has to think of a column for it to be masked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from dataops_platform.core.contract import Table

Classification = Literal["public", "personal", "technical", "unclassified"]

#: Columns that the platform itself fills, with nothing that came in a file: not `_source_object`, as people name
#: files after persons, and not `_rescued` or `_corrupt_record`, which hold parts of rows.
_OF_THE_PLATFORM = {
    "ingestion_date",
    "_position",
    "_ingested_at",
    "_contract_version",
    "_reasons",
    "_absent",
}
_OF_THE_EVENT_DATE = {"year", "month"}
#: Rows there were judged, so each value is what its column is for. As they landed, a line that has slipped by one
#: column puts an address where a city should be.
_JUDGED = {"silver", "gold"}


def classification(column: str, table: Table | None) -> Classification:
    """What a column may hold.

    `personal` is a column of a contract that does not call it public, `unclassified` one of which no contract speaks.
    """
    if table is None:
        return "unclassified"
    if column in table.contract.columns:
        return "public" if column in table.contract.public else "personal"
    if column in _OF_THE_PLATFORM:
        return "technical"
    if column in _OF_THE_EVENT_DATE:
        return "public" if table.contract.event_date in table.contract.public else "personal"
    return "unclassified"


def is_shown(column: str, layer: str, table: Table | None) -> bool:
    """Whether samples show the column's values."""
    kind = classification(column, table)
    return kind == "technical" or (kind == "public" and layer in _JUDGED)


def shown(layer: str, table: Table | None) -> Callable[[Sequence[str]], list[str]]:
    """Picks the columns of a table whose values samples show; the others are never even read."""
    return lambda columns: [column for column in columns if is_shown(column, layer, table)]
