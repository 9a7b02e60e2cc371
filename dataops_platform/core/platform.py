"""This room's platform: the ports of one environment, together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from dataops_platform.core.alerting import AlertRules, Channel
from dataops_platform.core.contract import Table
from dataops_platform.core.engine import Engine
from dataops_platform.core.measurement import MetricSink
from dataops_platform.core.object_heads import ObjectHeads
from dataops_platform.core.ports import Journal, Lake, ObjectStore
from dataops_platform.core.queue import Queue
from dataops_platform.core.registry import KnownTables, TableRegistry
from dataops_platform.core.remote_steps import RemoteSteps


@dataclass(frozen=True)
class Platform:
    """Everything a layer needs of the outside world.

    Attributes:
        landing: where files land.
        lake_store: the lake's own objects, the raw zone among them.
        first_date: the first ingestion date there is a partition for.
        metric_sinks: services that are told every number, beside the lake.
        channels: ways to the people who are told of incidents; when and how often, `alert_rules` says.
        announce: told in a few words what is being worked on.
        registry: where other programs look tables up, where there is one.
        other_registries: into which a crawl looks as well, and which nobody here writes to.
        notifications: the queue of what landed, where there is one; `landing_heads` tells of single objects then.
        remote: where steps are done, where that is not this process.
    """

    tables: tuple[Table, ...]
    engine: Engine
    lake: Lake
    landing: ObjectStore
    lake_store: ObjectStore
    journal: Journal
    first_date: date
    metric_sinks: tuple[MetricSink, ...] = ()
    channels: tuple[Channel, ...] = ()
    alert_rules: AlertRules = field(default_factory=AlertRules)
    announce: Callable[[str], None] = lambda _text: None
    notifications: Queue | None = None
    landing_heads: ObjectHeads | None = None
    remote: RemoteSteps | None = None
    registry: TableRegistry | None = None
    other_registries: tuple[KnownTables, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(table for table in self.tables if table.name == name)

    @property
    def sources(self) -> tuple[Table, ...]:
        """The tables that land in files."""
        return tuple(table for table in self.tables if not table.is_gold)

    @property
    def products(self) -> tuple[Table, ...]:
        """The tables that are built from others."""
        return tuple(table for table in self.tables if table.is_gold)

    @property
    def registries(self) -> tuple[KnownTables, ...]:
        """All that a crawl looks into."""
        return (*((self.registry,) if self.registry else ()), *self.other_registries)

    def close(self) -> None:
        """Give back what the engine took."""
        self.engine.stop()
