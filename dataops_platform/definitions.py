"""The platform on one screen: tables × layers, and the resources of this environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from dataops_platform.catalog.assets import catalog_definitions
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.layers.assets import table_assets
from dataops_platform.layers.executor import multithread_executor
from dataops_platform.layers.reporting import expect_checks_by_partition
from dataops_platform.layers.runs import JOB
from dataops_platform.layers.sensors import landing_sensor
from dataops_platform.quality.rules import refuse_unjudgeable
from dataops_platform.resources.environments import Settings, inventory_of, platform_for, read_settings
from dataops_platform.tables import load_tables


def build_definitions(
    settings: Settings, tables: Sequence[Table], *, platform: Platform | None = None
) -> dg.Definitions:
    """Assets, checks, the sensor and the job of `tables`, with the resources that `settings` ask for."""
    for table in tables:
        refuse_unjudgeable(table.contract)

    @dg.resource(description="The engine, the lake and the object stores of this environment.")
    def platform_resource(_context: dg.InitResourceContext) -> Iterator[Platform]:
        expect_checks_by_partition()
        opened = platform or platform_for(settings, tables)
        try:
            yield opened
        finally:
            if platform is None:
                opened.close()

    assets = [asset for table in tables for asset in table_assets(table, settings.first_date)]
    everything = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(*assets),
        description="Everything that is due, from landing to gold.",
    )
    own = dg.Definitions(
        assets=assets,
        jobs=[everything],
        sensors=[landing_sensor(is_running=settings.sensors_run)],
        resources={"platform": platform_resource},
        # One engine session for a whole run; a process for each step would cost three seconds and an engine each.
        executor=multithread_executor,
    )
    return dg.Definitions.merge(own, catalog_definitions(inventory_of, is_running=settings.sensors_run))


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads."""
    return build_definitions(read_settings(), load_tables())
