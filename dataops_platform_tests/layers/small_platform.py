"""This file holds a whole platform on two folders, small enough to make a new one for each test."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import dagster as dg
from deltalake import DeltaTable

from dataops_platform.core.contract import Table
from dataops_platform.core.engine import Engine
from dataops_platform.core.platform import Platform
from dataops_platform.definitions import build_definitions
from dataops_platform.layers import steps
from dataops_platform.layers.runs import JOB, ingest
from dataops_platform.layers.sync import Synced, sync
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.resources.environments import Settings
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.lake import DeltaLake
from dataops_platform.resources.object_store import object_store
from dataops_platform_tests.delta_rows import delta_rows
from dataops_platform_tests.layers.crashing_ports import Fuse, crashing

FIRST_DATE = date(2026, 1, 1)
_NOON = int(datetime(2026, 2, 1, 12, tzinfo=UTC).timestamp())
Row = dict[str, Any]


def day(number: int) -> date:
    """The ingestion date of that day in January."""
    return date(2026, 1, number)


@dataclass
class SmallPlatform:
    """A landing folder and a lake folder, and everything between them.

    Attributes:
        instance: Dagster's memory; ephemeral, as the lake alone knows what is done.
        fuse: where the process dies, if anywhere.
        lake_url: where the lake is, if not in the folder.
    """

    folder: Path
    engine: Engine
    tables: Sequence[Table]
    instance: dg.DagsterInstance
    fuse: Fuse = field(default_factory=Fuse)
    lake_url: str = ""
    _seconds: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        for name in ("landing", "lake"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.lake_url = self.lake_url or str(self.folder / "lake")

    @property
    def ports(self) -> Platform:
        """The platform as its layers see it."""
        lake = DeltaLake(self.lake_url, self.engine)
        platform = Platform(
            tables=tuple(self.tables),
            engine=self.engine,
            lake=lake,
            landing=FolderStore(self.folder / "landing"),
            lake_store=object_store(self.lake_url),
            journal=DeltaJournal(lake),
            first_date=FIRST_DATE,
        )
        return crashing(platform, self.fuse) if self.fuse.place else platform

    def land(self, table: str, on: date, text: str | bytes, *, name: str = "a.csv") -> Path:
        """A file has landed, a second after the one before it."""
        path = self.folder / "landing" / table / f"dt={on}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        landed_at = _NOON + next(self._seconds)
        os.utime(path, (landed_at, landed_at))
        return path

    def definitions(self, platform: Platform | None = None) -> dg.Definitions:
        """The platform as Dagster loads it."""
        settings = Settings("test", "embedded", "landing", "lake", FIRST_DATE)
        return build_definitions(settings, self.tables, platform=platform or self.ports)

    def job(self, platform: Platform | None = None) -> dg.JobDefinition:
        """The job that does what is due."""
        return self.definitions(platform).resolve_job_def(JOB)

    def sync(self) -> Synced:
        """Everything that has landed is in gold or in quarantine; see `dataops sync`."""
        return sync(self.ports, self.job, self.instance, lambda _done, _all: None)

    def load_bronze(self, table: str, on: Sequence[date]) -> None:
        """What has landed is in the raw zone and in bronze; and there it was cut off."""
        ingest(self.ports)
        steps.load_bronze(self.ports, self.ports.table(table), on, "cut-off")

    def run_range(self, first: date, last: date, *keys: str) -> dg.ExecuteInProcessResult:
        """The run that a person starts for these assets and ingestion dates."""
        tags = {
            "dagster/asset_partition_range_start": first.isoformat(),
            "dagster/asset_partition_range_end": last.isoformat(),
        }
        return self.job().execute_in_process(
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=self.instance,
            tags=tags,
            asset_selection=[dg.AssetKey(key.split("/")) for key in keys],
            raise_on_error=False,
        )

    def rows(self, table: str, on: date | None = None) -> list[Row]:
        """The rows of a Delta table, read without any code of the platform; none where it does not exist."""
        path = f"{self.lake_url}/{table}"
        if not DeltaTable.is_deltatable(path):
            return []
        return delta_rows(DeltaTable(path), of=on)

    def column(self, table: str, column: str, on: date | None = None) -> list[Any]:
        """The values of one column, sorted; nulls first."""
        return sorted((row[column] for row in self.rows(table, on)), key=lambda v: (v is not None, v))

    def files(self, table: str, on: date) -> set[str]:
        """The data files that hold one partition."""
        found = DeltaTable(str(self.folder / "lake" / table)).file_uris()
        return {uri for uri in found if f"ingestion_date={on}" in uri}

    def published(self) -> Mapping[str, list[str]]:
        """Every published row of every table, without what differs between two ways to the same tables."""
        names = [
            f"{layer}/{t.name}" for t in self.ports.sources for layer in ("bronze", "silver", "quarantine")
        ]
        names += [f"gold/{t.name}" for t in self.ports.products]
        return {name: sorted(repr(sorted(row.items())) for row in self.rows(name)) for name in names}
