"""This room's signs: what is wrong with a table now, as the journal, the calendar and the metrics tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.ports import JournalState
from dataops_platform.observability.anomalies import UNUSUAL, judged
from dataops_platform.observability.freshness import table_status

#: The worst first: what stands before explains what stands after it.
FAILED, REFUSED, LATE, STRANGE = KINDS = ("failed", "refused", "late", "unusual")
_TWICE, _LITTLE, _LESS = (1.8, 2.2), 0.05, 0.75


@dataclass(frozen=True)
class Sign:
    """Something that is wrong with a table now.

    Attributes:
        kind: `failed`, `refused`, `late` or `unusual`.
        told: what happened, with numbers.
        cause: what is likely behind it, and what to do.
        since: when it began.
        run_id: the run it was seen in; empty where none was.
    """

    kind: str
    table: str
    dates: tuple[date, ...]
    told: str
    cause: str
    since: datetime
    run_id: str = ""


def signs(tables: Iterable[Table], state: JournalState, numbers: pd.DataFrame, now: datetime) -> list[Sign]:
    """Everything that is wrong now; `numbers` are those that hold (`metrics.latest`)."""
    found = []
    for table in tables:
        found += _refused(table, state)
        if not table.is_gold:
            found += _late(table.contract, state, now)
        found += _unusual(table, numbers)
    return found


def _refused(table: Table, state: JournalState) -> list[Sign]:
    layer = "gold" if table.is_gold else "silver"
    entries = [entry for entry in state.of(layer, table.name).values() if not entry.accepted]
    if not entries:
        return []
    newest = max(entries, key=lambda entry: entry.ingestion_date)
    rows = sum(entry.rows for entry in entries)
    told = f"{len(entries)} refused, {rows:,} rows. {newest.message}"
    cause = "The source changed what it writes, or wrote it in part."
    if table.is_gold:
        cause = f"A business rule does not hold of what {', '.join(table.sources)} hold now."
    dates = tuple(sorted(entry.ingestion_date for entry in entries))
    since = min(entry.at for entry in entries)
    return [Sign(REFUSED, table.name, dates, told, cause, since, newest.run_id)]


def _late(contract: TableContract, state: JournalState, now: datetime) -> list[Sign]:
    status = table_status(contract, state, now)
    if not status.is_late:
        return []
    last = f"The last one is {status.last}" if status.last else "None was ever published"
    told = f"{len(status.late) or 'No'} expected dates are not there. {last}."
    cause = "Nothing has landed since: the source did not deliver."
    if status.refused or status.unpublished:
        cause = f"Files have landed, but {len(status.refused)} dates are refused and {len(status.unpublished)} wait."
    began = (status.late[0] - timedelta(days=1)) if status.late else status.last or now.date()
    since = datetime.combine(began, time(), UTC) + contract.freshness
    return [Sign(LATE, contract.name, status.late, told, cause, since)]


def _unusual(table: Table, numbers: pd.DataFrame) -> list[Sign]:
    """Numbers of the newest date; a later date that is usual ends it."""
    layer, contract = "gold" if table.is_gold else "silver", table.contract
    own = numbers[
        (numbers["table"] == table.name)
        & (numbers["layer"] == layer)
        & numbers["metric"].isin(list(contract.watched))
    ]
    if own.empty:
        return []
    day = own["ingestion_date"].max().date()
    rows = judged(own, [day], {table.name: contract.arrivals}).to_dict("records")
    strange = [row for row in rows if row["outcome"] == UNUSUAL]
    if not strange:
        return []
    told = " ".join(str(row["why"]) for row in strange)
    first = strange[0]
    return [Sign(STRANGE, table.name, (day,), told, _guess(strange), first["at"], str(first["run_id"]))]


def _guess(strange: Sequence[Mapping[Any, Any]]) -> str:
    for row in strange:
        if row["metric"] != "row_count" or not row["expected"] > 0:
            continue
        share = row["value"] / row["expected"]
        if share <= _LITTLE:
            return "The source stopped, or wrote empty files."
        if share < _LESS:
            return "A part of the source's files did not come, or they were cut off."
        if _TWICE[0] <= share <= _TWICE[1]:
            return "Twice as much as expected: the source may have written the same rows twice."
    return "The source changed what it writes."
