"""This room's digests: once a day a message about how all tables are, in the Delta table `observability/digests`.

A digest is written there once a day, however often that is asked for, and goes out as alerts do; see `alert_delivery`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from dataops_platform.core.alerting import Message
from dataops_platform.core.ports import Lake

TABLE = "observability/digests"
_SCHEMA = pa.schema(
    {
        "day": pa.date32(),
        "title": pa.string(),
        "body": pa.string(),
        "at": pa.timestamp("us", tz="UTC"),
    }
)


@dataclass(frozen=True)
class Digest:
    """What is told of a day."""

    day: date
    title: str
    body: str
    at: datetime

    @property
    def item(self) -> str:
        """What receipts call it."""
        return f"digest {self.day}"

    @property
    def message(self) -> Message:
        """What people read."""
        return Message(self.title, self.body)


def record(lake: Lake, digest: Digest) -> bool:
    """The day has a digest; whether it is this one, because there was none."""
    if any(known.day == digest.day for known in digests(lake)):
        return False
    lake.append(TABLE, pa.Table.from_pylist([vars(digest)], _SCHEMA))
    return True


def digests(lake: Lake) -> list[Digest]:
    """The digest of each day, the oldest first; where two processes wrote one at the same time, the first holds."""
    records = lake.records(TABLE)
    if records is None:
        return []
    rows = records.select(_SCHEMA.names).sort_by([("day", "ascending"), ("at", "descending")]).to_pylist()
    return list({row["day"]: Digest(**row) for row in rows}.values())
