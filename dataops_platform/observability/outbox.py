"""This room's outbox: what has been delivered to whom, in the Delta table `observability/receipts`.

What is to be delivered lies in tables that only grow. A receipt is written after a delivery, so a crash in between
delivers again: at least once, never not at all. Receipts name what was delivered instead of a position up to which
everything was, because a commit that began earlier may end later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from dataops_platform.core.ports import Lake

TABLE = "observability/receipts"
_SCHEMA = pa.schema(
    {
        "receiver": pa.string(),
        "item": pa.string(),
        "at": pa.timestamp("us", tz="UTC"),
        "kept_back": pa.int64(),
    }
)


def delivered(lake: Lake, receiver: str) -> set[str]:
    """Every item that the receiver has."""
    records = lake.records(TABLE)
    if records is None:
        return set()
    own = records.filter(pc.field("receiver") == receiver)
    return set(own.column("item").to_pylist())


def receive(lake: Lake, receiver: str, items: Iterable[str], at: datetime, *, kept_back: int = 0) -> None:
    """The receiver has these items and is not sent them again; `kept_back` numbers in them it could not take."""
    rows = [{"receiver": receiver, "item": item, "at": at, "kept_back": kept_back} for item in items]
    if rows:
        lake.append(TABLE, pa.Table.from_pylist(rows, _SCHEMA))
