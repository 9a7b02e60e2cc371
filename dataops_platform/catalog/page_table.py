"""This room's page table: one table of the lake as its pages tell it, from its entry and its history."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from dataops_platform.catalog.column_profiles import HistogramBar, TableProfile, histogram
from dataops_platform.catalog.entry import Entry
from dataops_platform.catalog.history import DAYS, TableHistory
from dataops_platform.catalog.pictures import Mark, strip
from dataops_platform.catalog.queries import queries
from dataops_platform.core.lineage import TableLineage
from dataops_platform.quality.profile import ColumnProfile

_PLAIN_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class PageTable:
    """One table, as templates ask about it.

    Attributes:
        newest: the newest ingestion date of the whole lake, where strips end.
        held: `quarantine/<name>`'s entry, for a table of silver.
        lineage: what its columns come from, where somebody's code makes it.
        profile: what its newest published values look like.
        days: how many days the strip shows.
    """

    entry: Entry
    history: TableHistory
    crawled_at: datetime
    newest: date
    held: Entry | None = None
    lineage: TableLineage | None = None
    profile: TableProfile | None = None
    days: int = 42

    @property
    def name(self) -> str:
        """`<layer>/<name>`."""
        return str(self.entry["table"])

    @cached_property
    def slug(self) -> str:
        """The name of the page's file, whatever the table is called: unique, and plain everywhere."""
        return slug(self.name)

    @property
    def is_judged(self) -> bool:
        """Whether a contract judges its dates."""
        return self.entry["layer"] in {"silver", "gold"} and self.entry["contract"] is not None

    @cached_property
    def short_strip(self) -> list[Mark]:
        """Its last days, up to the newest of the lake."""
        told = {outcome.day: str(outcome.status) for outcome in self.history.outcomes}
        return strip(told, self.newest, self.days)

    @cached_property
    def told(self) -> str:
        """What the strip shows in words, for who does not see it."""
        since = self.newest - timedelta(days=self.days - 1)
        recent = [outcome for outcome in self.history.outcomes if outcome.day >= since]
        refused = [str(outcome.day) for outcome in recent if outcome.status == "refused"]
        held = sum(outcome.status == "held" for outcome in recent)
        passed = len(recent) - len(refused)
        words = [f"{passed} published" + (f", {held} with rows in quarantine" if held else "")]
        more = f" and {len(refused) - 3} earlier" if len(refused) > 3 else ""  # noqa: PLR2004  # more are on its page
        words += [f"{len(refused)} refused: {', '.join(refused[-3:])}{more}"] if refused else []
        return "; ".join(words) if recent else "no date was judged"

    @cached_property
    def newest_date(self) -> date | None:
        """The newest ingestion date it holds."""
        dates = self.entry["partitions"]["dates"] if self.entry["partitions"] else []
        return date.fromisoformat(dates[-1]) if dates else None

    @property
    def age(self) -> timedelta | None:
        """How old its newest ingestion date was at the crawl."""
        day = self.newest_date
        return self.crawled_at.replace(tzinfo=None) - datetime(day.year, day.month, day.day) if day else None  # noqa: DTZ001  # both are UTC

    @property
    def is_late(self) -> bool:
        """Whether that is older than its contract lets it get."""
        contract = self.entry["contract"]
        return bool(self.is_judged and self.age and self.age > timedelta(hours=contract["freshness_hours"]))

    @property
    def percentages(self) -> dict[str, Mapping[date, float]]:
        """Each percentage of its dates in words → its value by date."""
        return {_title(metric): values for metric, values in sorted(self.history.percentages.items())}

    @property
    def recent_rows(self) -> list[tuple[date, int]]:
        """The rows of the newest dates it holds, newest first, as many as a chart has room for."""
        partitions, newest = self.entry["partitions"], self.newest_date
        if not partitions or not newest:
            return []
        told = zip(partitions["dates"][-DAYS:], partitions["rows"][-DAYS:], strict=True)
        since = newest - timedelta(days=DAYS)
        return [(day, rows) for text, rows in told if (day := date.fromisoformat(text)) > since][::-1]

    @property
    def made_of(self) -> dict[str, list[str]]:
        """Column → the columns it is made of, or that decide it if of none."""
        told = self.lineage.columns if self.lineage else {}
        return {name: sorted(found) for name, one in told.items() if (found := one.values or one.influences)}

    @cached_property
    def profiled(self) -> list[tuple[ColumnProfile, list[HistogramBar]]]:
        """The profile of each column with the bars of its histogram, in the order of the table's columns."""
        types = {column["name"]: column["type"] for column in self.entry["columns"]}
        shown = [one for one in self.profile.columns if one.column in types] if self.profile else []
        order = {name: place for place, name in enumerate(types)}
        shown.sort(key=lambda one: order[one.column])
        return [(one, histogram(one, types[one.column])) for one in shown]

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Why rows are in quarantine, newest date first."""
        held = self.entry if self.entry["layer"] == "quarantine" else self.held
        return (
            sorted(held["quarantined"], key=lambda row: row["ingestion_date"], reverse=True) if held else []
        )

    @property
    def personal(self) -> list[str]:
        """The columns that may hold personal data."""
        return [c["name"] for c in self.entry["columns"] if c["classification"] == "personal"]

    @property
    def sample_columns(self) -> list[tuple[str, int | None]]:
        """Every column of the table, and where its values stand in the sample's rows; nowhere where it is masked."""
        shown = {name: place for place, name in enumerate(self.entry["sample"]["columns"])}
        return [(column["name"], shown.get(column["name"])) for column in self.entry["columns"]]

    @property
    def queries(self) -> dict[str, str]:
        """How it is read, by program."""
        return queries(self.entry)


def slug(table: str) -> str:
    """A table's name as a file's: what is plain stays, anything else has a fingerprint of the name behind it."""
    layer, _, name = table.partition("/")
    if _PLAIN_NAME.fullmatch(layer) and _PLAIN_NAME.fullmatch(name):
        return f"{layer}-{name}"
    readable = re.sub(r"[^a-z0-9_]+", "-", table.lower()).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(table.encode()).hexdigest()[:8]}"


def _title(metric: str) -> str:
    what = metric.removesuffix("_pct")
    return "Repeated keys" if what == "duplicate" else f"{what.removesuffix('_null')} without a value"
