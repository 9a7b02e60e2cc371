"""This room's findings: everything that pages are made of, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dataops_platform.catalog.column_profiles import TableProfile, column_profiles
from dataops_platform.catalog.contract_history import ContractChange, contract_history
from dataops_platform.catalog.crawl import Document, kept
from dataops_platform.catalog.history import TableHistory, history
from dataops_platform.core.lineage import TableLineage
from dataops_platform.core.platform import Platform

Lineage = Mapping[str, TableLineage]
_WEB = ("http://", "https://")


@dataclass(frozen=True)
class Findings:
    """What is known of a lake; all but `document` by `<layer>/<name>` of a table.

    Attributes:
        document: the last crawl.
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

    @property
    def as_of(self) -> datetime:
        """When all this was so; at the crawl, if nobody says."""
        return self.read_at or datetime.fromisoformat(self.document["crawled_at"])


def gathered(platform: Platform, lineage: Lineage) -> Findings:
    """What the lake says of itself now.

    Raises:
        EnvironmentProblem: nobody has looked at the lake yet.
    """
    now = datetime.now(UTC)
    url = (platform.alert_rules.runs_url or "").rstrip("/")
    return Findings(
        kept(platform.lake_store),
        history(platform.lake),
        lineage,
        column_profiles(platform.lake),
        contract_history(platform.lake_store),
        url if url.startswith(_WEB) else "",
        now,
    )
