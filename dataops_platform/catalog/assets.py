"""This room's assets: the lake described every night, as people see it in Dagster."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import dagster as dg

from dataops_platform.catalog.crawl import METADATA, kept
from dataops_platform.catalog.describing import describe, refresh
from dataops_platform.catalog.findings import Lineage, gathered
from dataops_platform.catalog.refreshing import CHANGED_TAG, catalog_sensor
from dataops_platform.catalog.registering import register
from dataops_platform.catalog.site import site
from dataops_platform.core.inventory import Inventory
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import ObjectStore
from dataops_platform.core.registry import Registered
from dataops_platform.layers.assets import told_to_dagster
from dataops_platform.layers.schedules import daily

JOB = "describe_the_lake"
#: In UTC: the day that has just ended has landed by then.
_EVERY_NIGHT = "02:30"
_SITE = "catalog/site/"
_PUTS_AT_ONCE = 8


def catalog_definitions(
    inventory_of: Callable[[Platform], Inventory],
    lineage: Callable[[], Lineage],
    *,
    is_running: bool,
    registers: bool = False,
) -> dg.Definitions:
    """The assets `catalog/metadata` and `catalog/site`, and what makes them anew: a job, at night and after results.

    Where it `registers` tables, `catalog/glue` is made at night too.
    """
    assets = [_metadata(inventory_of), _pages(lineage), *([_registered()] if registers else [])]
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(*assets),
        description="What the lake holds, told anew.",
    )
    nightly = daily("nightly_catalog", JOB, _EVERY_NIGHT, is_running=is_running)
    return dg.Definitions(
        assets=assets,
        jobs=[job],
        schedules=[nightly],
        sensors=[catalog_sensor(JOB, [asset.key for asset in assets[:2]], is_running=is_running)],
    )


def _metadata(inventory_of: Callable[[Platform], Inventory]) -> dg.AssetsDefinition:
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
            look = refresh if context.run.tags.get(CHANGED_TAG) else describe
            document = look(platform, inventory_of(platform))
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

    return metadata


def _registered() -> dg.AssetsDefinition:
    @dg.asset(
        key=["catalog", "glue"],
        deps=[dg.AssetKey(["catalog", "metadata"])],
        group_name="catalog",
        kinds={"glue"},
        required_resource_keys={"platform"},
        description="An entry in AWS Glue for every table of the lake; entries of tables that are no more are marked.",
    )
    def registered(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        platform: Platform = context.resources.platform
        with told_to_dagster():
            done = (
                register(kept(platform.lake_store), platform.registry) if platform.registry else Registered()
            )
        for problem in done.problems:
            context.log.warning(problem)
        return dg.MaterializeResult(
            metadata={
                "written": len(done.written),
                "removed": list(done.removed),
                "problems": list(done.problems),
            }
        )

    return registered


def _pages(lineage: Callable[[], Lineage]) -> dg.AssetsDefinition:
    @dg.asset(
        key=["catalog", "site"],
        deps=[dg.AssetKey(["catalog", "metadata"])],
        group_name="catalog",
        kinds={"html"},
        required_resource_keys={"platform"},
        description=f"Static pages about every table, in {_SITE}: what `dataops docs` writes to a folder.",
    )
    def pages(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        platform: Platform = context.resources.platform
        with told_to_dagster():
            count = put(site(gathered(platform, lineage())), platform.lake_store)
        return dg.MaterializeResult(metadata={"files": count, "starts_with": f"{_SITE}index.html"})

    return pages


def put(pages: Iterable[tuple[str, bytes]], store: ObjectStore) -> int:
    """The pages are in `catalog/site/`; how many there are."""
    with ThreadPoolExecutor(_PUTS_AT_ONCE) as threads:
        return len(list(threads.map(lambda page: store.put(f"{_SITE}{page[0]}", page[1]), pages)))
