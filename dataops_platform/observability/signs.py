"""This room's signs: what is wrong with a table now, as the journal, the calendar and the metrics tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.ports import JournalState
from dataops_platform.observability.anomalies import UNUSUAL, judged
from dataops_platform.observability.freshness import table_status
from dataops_platform.observability.metrics import WARNED_ROWS

#: The worst first: what stands before explains what stands after it.
FAILED, REFUSED, LATE, WARNED, STRANGE = KINDS = ("failed", "refused", "late", "warned", "unusual")
_TWICE, _LITTLE, _LESS = (1.8, 2.2), 0.05, 0.75


@dataclass(frozen=True)
class Sign:
    """Something that is wrong with a table now.

    Attributes:
        kind: `failed`, `refused`, `late`, `warned` or `unusual`.
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


def signs(tables: Sequence[Table], state: JournalState, numbers: pd.DataFrame, now: datetime) -> list[Sign]:
    """Everything that is wrong now; `numbers` are those that hold (`metrics.latest`)."""
    found = []
    for table in tables:
        found += _refused(table, state)
        if not table.is_gold:
            found += _late(table.contract, state, now)
    return found + _warned(tables, numbers) + _unusual(tables, numbers)


def _refused(table: Table, state: JournalState) -> list[Sign]:
    entries = [entry for entry in state.of(table.layer, table.name).values() if not entry.accepted]
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


def _warned(tables: Sequence[Table], numbers: pd.DataFrame) -> list[Sign]:
    """Checks of each table's newest date that broke more than its contract names as the limit of a warning.

    Without such a limit a single broken row is shown with a warning; that is in quarantine, and nobody's incident.
    """
    asked = {
        (table.name, table.layer, f"{check}{WARNED_ROWS}")
        for table in tables
        for check in _warnable(table.contract)
    }
    newest = numbers.groupby(["table", "layer"])["ingestion_date"].transform("max")
    keys = pd.MultiIndex.from_frame(numbers[["table", "layer", "metric"]])
    warned = numbers[keys.isin(list(asked)) & (numbers["ingestion_date"] == newest)]
    return [_limit(str(name), rows.to_dict("records")) for name, rows in warned.groupby("table")]


def _warnable(contract: TableContract) -> set[str]:
    limits = {check for check, limit in contract.limits.items() if limit.warn}
    return limits | {rule.check for rule in contract.aggregates if not rule.refuses}


def _limit(table: str, rows: Sequence[Mapping[Any, Any]]) -> Sign:
    first = rows[0]
    day = first["ingestion_date"].date()
    checks = ", ".join(f"{row['metric'].removesuffix(WARNED_ROWS)} ({row['value']:,.0f})" for row in rows)
    told = f"More of {day} than its contract allows without a warning breaks {checks}."
    cause = "The source changed what it writes."
    return Sign(WARNED, table, (day,), told, cause, first["at"], str(first["run_id"]))


def _unusual(tables: Sequence[Table], numbers: pd.DataFrame) -> list[Sign]:
    """Unusual numbers of each table's newest date; a later date that is usual ends it."""
    watched = {(table.name, table.layer, metric) for table in tables for metric in table.contract.watched}
    own = numbers[pd.MultiIndex.from_frame(numbers[["table", "layer", "metric"]]).isin(list(watched))]
    newest = own.groupby("table")["ingestion_date"].transform("max")
    dates = {day.date() for day in newest.unique()}
    told = judged(own, dates, {table.name: table.contract.arrivals for table in tables})
    told = told[(told["ingestion_date"] == newest.loc[told.index]) & (told["outcome"] == UNUSUAL)]
    return [_strange(str(name), rows.to_dict("records")) for name, rows in told.groupby("table")]


def _strange(table: str, rows: Sequence[Mapping[Any, Any]]) -> Sign:
    first, told = rows[0], " ".join(str(row["why"]) for row in rows)
    day = first["ingestion_date"].date()
    return Sign(STRANGE, table, (day,), told, _guess(rows), first["at"], str(first["run_id"]))


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
