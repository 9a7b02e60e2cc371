"""This room's assets: the lake described every night, as people see it in Dagster."""

from collections.abc import Callable

import dagster as dg

from dataops_platform.catalog.crawl import METADATA, crawl, keep
from dataops_platform.core.inventory import Inventory
from dataops_platform.core.platform import Platform
from dataops_platform.layers.assets import told_to_dagster

JOB = "describe_the_lake"
#: In UTC: the day that has just ended has landed by then.
_EVERY_NIGHT = "30 2 * * *"


def catalog_definitions(inventory_of: Callable[[Platform], Inventory], *, is_running: bool) -> dg.Definitions:
    """The asset `catalog/metadata`, the job that makes it anew, and the nightly schedule of it."""

    @dg.asset(
        key=["catalog", "metadata"],
        group_name="catalog",
        kinds={"delta", "json"},
        required_resource_keys={"platform"},
        description=(
            "Every table that is found in the lake: schema, owner, contract, rows, size, partitions, last writes and "
            f"masked samples, in {METADATA}; and a row for each table and crawl in the Delta table catalog/metadata."
        ),
    )
    def metadata(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        platform: Platform = context.resources.platform
        with told_to_dagster():
            document = crawl(inventory_of(platform), platform.tables)
            keep(document, platform.lake, platform.lake_store)
        entries = document["tables"]
        return dg.MaterializeResult(
            metadata={
                "tables": len(entries),
                "rows": sum(entry["rows"] or 0 for entry in entries),
                "unreadable": [entry["table"] for entry in entries if entry["problem"]],
                "undeclared": document["undeclared"],
                "undocumented": document["undocumented"],
            }
        )

    job = dg.define_asset_job(
        JOB, selection=dg.AssetSelection.assets(metadata), description="What the lake holds, told anew."
    )
    nightly = dg.ScheduleDefinition(
        name="nightly_catalog",
        job=job,
        cron_schedule=_EVERY_NIGHT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING if is_running else dg.DefaultScheduleStatus.STOPPED,
    )
    return dg.Definitions(assets=[metadata], jobs=[job], schedules=[nightly])
