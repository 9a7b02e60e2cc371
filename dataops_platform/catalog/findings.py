"""This room's findings: everything that pages are made of, read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import pyarrow as pa

from dataops_platform.catalog.column_profiles import TableProfile, column_profiles
from dataops_platform.catalog.contract_history import ContractChange, contract_history
from dataops_platform.catalog.crawl import Document, kept
from dataops_platform.catalog.history import TableHistory, history
from dataops_platform.core.lineage import TableLineage
from dataops_platform.core.platform import Platform
from dataops_platform.errors import PlatformError

Lineage = Mapping[str, TableLineage]
Found = TypeVar("Found")
_WEB = ("http://", "https://")


@dataclass(frozen=True)
class Findings:
    """What is known of a lake; all but `document` by `<layer>/<name>` of a table.

    Attributes:
        document: the last crawl.
        problems: what could not be read, in words; pages are made of the rest.
        read_at: when all this was so; pages show it, and know by it whether newer ones are there.
        dagster_url: where Dagster is, for links to runs; without it runs are named.
    """

    document: Document
    histories: Mapping[str, TableHistory] = field(default_factory=dict)
    lineage: Lineage = field(default_factory=dict)
    profiles: Mapping[str, TableProfile] = field(default_factory=dict)
    contracts: Sequence[ContractChange] = ()
    dagster_url: str = ""
    read_at: datetime | None = None
    problems: Sequence[str] = ()

    @property
    def as_of(self) -> datetime:
        """When all this was so; at the crawl, if nobody says."""
        return self.read_at or datetime.fromisoformat(self.document["crawled_at"])


def gathered(platform: Platform, lineage: Lineage) -> Findings:
    """What the lake says of itself now.

    Raises:
        EnvironmentProblem: nobody has looked at the lake yet.
    """
    now, problems = datetime.now(UTC), list[str]()
    url = (platform.alert_rules.runs_url or "").rstrip("/")
    lake, store = platform.lake, platform.lake_store

    def read(what: str, of: Callable[[], Found], otherwise: Found) -> Found:
        try:
            return of()
        except (PlatformError, OSError, pa.ArrowException) as error:
            why = (
                str(error)
                if isinstance(error, PlatformError)
                else f"Its files are damaged ({type(error).__name__})."
            )
            problems.append(f"No page shows {what}. {why}")
            return otherwise

    return Findings(
        kept(store),
        read("what became of each date", lambda: history(lake), {}),
        lineage,
        read("profiles", lambda: column_profiles(lake), {}),
        read("contract changes", lambda: contract_history(store), []),
        url if url.startswith(_WEB) else "",
        now,
        problems,
    )
