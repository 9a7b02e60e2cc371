"""The platform on one screen: tables × layers, and the resources of this environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from dataops_platform.catalog.assets import catalog_definitions
from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.catalog.report_assets import report_definitions
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.layers.assets import table_assets
from dataops_platform.layers.executor import executor_for
from dataops_platform.layers.quarantine_jobs import quarantine_jobs, quarantine_sensor
from dataops_platform.layers.queue_sensor import notification_sensor
from dataops_platform.layers.recipes import recipes
from dataops_platform.layers.reporting import expect_checks_by_partition
from dataops_platform.layers.runs import JOB
from dataops_platform.layers.sensors import BENEATH_NOTIFICATIONS, INTERVAL, landing_sensor
from dataops_platform.layers.telling import Telling
from dataops_platform.layers.upkeep_job import upkeep_definitions
from dataops_platform.layers.watch import incident_sensor
from dataops_platform.quality.rules import refuse_unjudgeable
from dataops_platform.resources import openlineage
from dataops_platform.resources.environments import (
    Settings,
    inventory_of,
    platform_for,
    read_settings,
    upkeep_of,
)
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables


def build_definitions(
    settings: Settings, tables: Sequence[Table], *, platform: Platform | None = None
) -> dg.Definitions:
    """Assets, checks, sensors and jobs of `tables`, with the resources that `settings` ask for."""
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

    @dg.resource(
        required_resource_keys={"platform"}, description="The engine's session, for assets of your own."
    )
    def pyspark_resource(context: dg.InitResourceContext) -> object:
        from dataops_platform.resources.pyspark_session import EngineSession  # noqa: PLC0415  # few ask for it

        return EngineSession.of(context.resources.platform.engine)

    graph = LineageGraph(recipes(tables), SparkPlans)
    telling = telling_for(settings, graph)
    assets = [asset for table in tables for asset in table_assets(table, settings.first_date, telling)]
    everything = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(*assets),
        description="Everything that is due, from landing to gold.",
    )
    ways_out = quarantine_jobs(tables)
    own = dg.Definitions(
        assets=assets,
        jobs=[everything, *ways_out],
        sensors=[
            landing_sensor(
                is_running=settings.sensors_run,
                interval=BENEATH_NOTIFICATIONS if settings.queue_url else INTERVAL,
            ),
            *([notification_sensor(is_running=settings.sensors_run)] if settings.queue_url else []),
            quarantine_sensor(ways_out, everything),
            incident_sensor(is_running=settings.sensors_run),
        ],
        resources={"platform": platform_resource, "pyspark": pyspark_resource},
        # One engine session for a whole run; a process for each step would cost three seconds and an engine each.
        executor=executor_for(steps_are_remote=settings.databricks is not None),
    )
    return dg.Definitions.merge(
        own,
        catalog_definitions(
            inventory_of, graph.tables, is_running=settings.sensors_run, registers=settings.glue
        ),
        report_definitions(settings.environment, is_running=settings.sensors_run),
        upkeep_definitions(upkeep_of, is_running=settings.sensors_run),
    )


def telling_for(settings: Settings, graph: LineageGraph) -> Telling:
    """Dagster is told where columns come from; OpenLineage too, where it is configured."""
    if not openlineage.is_configured():
        return Telling(graph.table, lambda _step: None)
    from dataops_platform.catalog.openlineage import OpenLineageEvents  # noqa: PLC0415  # few have asked for it

    events = OpenLineageEvents(graph, openlineage.namespace(), settings.lake_url, settings.landing_url)
    return Telling(graph.table, openlineage.OpenLineageSender(events.event).tell)


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads."""
    return build_definitions(read_settings(), load_tables())
