"""This room's incidents: one for each table and its cause, from the first sign to recovery.

A pure state machine over signs. Its states are rows of the Delta table `observability/incidents`, which is only
appended to; the last row of an incident holds, and each row that is to be told is a message in the outbox. An
incident's name comes from its first sign, so whoever looks twice, or at the same time, sees the same incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

import pyarrow as pa

from dataops_platform.core.ports import Lake
from dataops_platform.observability.signs import KINDS, Sign

TABLE = "observability/incidents"
OPEN, SETTLING, RECOVERED, EXPLAINED = "open", "settling", "recovered", "explained"
#: Signs that come back within this time belong to the same incident.
SETTLES_IN = timedelta(minutes=10)
_SCHEMA = pa.schema(
    {
        "incident": pa.string(),
        "table": pa.string(),
        "state": pa.string(),
        "kinds": pa.list_(pa.string()),
        "dates": pa.list_(pa.date32()),
        "what": pa.string(),
        "cause": pa.string(),
        "affects": pa.list_(pa.string()),
        "run_id": pa.string(),
        "since": pa.timestamp("us", tz="UTC"),
        "at": pa.timestamp("us", tz="UTC"),
        "is_told": pa.bool_(),
    }
)


@dataclass(frozen=True)
class Incident:
    """An incident as of one moment.

    Attributes:
        incident: its name: the table, and when its first sign began.
        state: `open`; `settling`, when no sign is left but some may come back; `recovered`; or `explained` by the
            incident of a table that it is built from.
        kinds: every kind of sign it has had, the worst first.
        dates: ingestion dates that are concerned now, or were before it recovered.
        affects: tables whose signs it explains.
        at: when it came into this state.
        is_told: whether people are to hear of this state.
    """

    incident: str
    table: str
    state: str
    kinds: tuple[str, ...]
    dates: tuple[date, ...]
    what: str
    cause: str
    affects: tuple[str, ...]
    run_id: str
    since: datetime
    at: datetime
    is_told: bool

    @property
    def item(self) -> str:
        """What receipts call this state."""
        return f"{self.incident} {self.state} {'+'.join(self.kinds)}"

    @property
    def is_over(self) -> bool:
        """Whether nothing follows but another incident."""
        return self.state in {RECOVERED, EXPLAINED}


def advanced(
    known: Iterable[Incident], found: Sequence[Sign], upstream: Mapping[str, Sequence[str]], now: datetime
) -> list[Incident]:
    """The incidents that are in another state than before, given what is wrong now.

    `upstream` tells of each table what it is built from: there its signs are looked for first.
    """
    last = {one.table: one for one in known}
    live = {table: one for table, one in last.items() if not one.is_over}
    causes = _by_cause(found, upstream)
    changed = [_seen(live.get(table), table, own, now) for table, own in causes.items()]
    tables = {sign.table for sign in found}
    changed += [
        _gone(one, now, is_explained=one.table in tables) for one in live.values() if one.table not in causes
    ]
    return [one for one in changed if one is not None]


def _by_cause(found: Sequence[Sign], upstream: Mapping[str, Sequence[str]]) -> dict[str, list[Sign]]:
    """The signs by the table that explains them, the worst first."""
    tables = {sign.table for sign in found}
    causes: dict[str, list[Sign]] = {}
    for sign in sorted(found, key=lambda one: (KINDS.index(one.kind), one.since)):
        causes.setdefault(_root(sign.table, tables, upstream), []).append(sign)
    return causes


def _root(table: str, tables: set[str], upstream: Mapping[str, Sequence[str]]) -> str:
    for source in sorted(upstream.get(table, ())):
        root = _root(source, tables, upstream)
        if root in tables:
            return root
    return table


def _seen(before: Incident | None, table: str, found: Sequence[Sign], now: datetime) -> Incident | None:
    """The incident that these signs belong to, if it is new or other than it was."""
    own = [sign for sign in found if sign.table == table]
    worst = own[0]
    since = min(sign.since for sign in own)
    had = before.kinds if before else ()
    kinds = tuple(kind for kind in KINDS if kind in {*had, *(sign.kind for sign in own)})
    one = Incident(
        incident=before.incident if before else f"{table} {since:%Y-%m-%dT%H:%M:%S.%f}",
        table=table,
        state=OPEN,
        kinds=kinds,
        dates=tuple(sorted({day for sign in own for day in sign.dates})),
        what=" ".join(sign.told for sign in own),
        cause=worst.cause,
        affects=tuple(sorted({sign.table for sign in found} - {table})),
        run_id=worst.run_id,
        since=before.since if before else since,
        at=now,
        is_told=kinds != had,
    )
    if before and replace(one, at=before.at, is_told=before.is_told) == before:
        return None
    return one


def _gone(before: Incident, now: datetime, *, is_explained: bool) -> Incident | None:
    """The incident none of whose signs is there any more, or whose signs another table explains now."""
    if is_explained:
        return replace(before, state=EXPLAINED, at=now, is_told=False)
    if before.state == OPEN:
        return replace(before, state=SETTLING, at=now, is_told=False)
    if now - before.at >= SETTLES_IN:
        return replace(before, state=RECOVERED, at=now, is_told=True)
    return None


def record(lake: Lake, changed: Sequence[Incident]) -> None:
    """The incidents' new states are in `observability/incidents`."""
    if changed:
        lake.append(TABLE, pa.Table.from_pylist([asdict(one) for one in changed], _SCHEMA))


def history(lake: Lake) -> list[Incident]:
    """Every state of every incident, the oldest first."""
    records = lake.records(TABLE)
    if records is None:
        return []
    rows = records.select(_SCHEMA.names).sort_by("at").to_pylist()
    lists = ("kinds", "dates", "affects")
    return [Incident(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows]
