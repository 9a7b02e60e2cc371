"""This room's assets: every table's contract and function → Dagster assets with partitions, checks and pools."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import PartitionFacts
from dataops_platform.core.verdict import Verdict
from dataops_platform.errors import PlatformError
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.layers import steps
from dataops_platform.layers.due import due_for_bronze, due_for_gold, due_for_silver
from dataops_platform.layers.reporting import PartitionReport, is_due_only, report
from dataops_platform.layers.specs import check_specs, column_schema, key, spec
from dataops_platform.layers.steps import StepResult

Events = Iterator[dg.MaterializeResult[None]]
_RETRY_AFTER_SECONDS = 5
_NOTHING = PartitionFacts(0, 0, 0)


def table_assets(table: Table, first_date: date) -> list[dg.AssetsDefinition]:
    """The assets of one table: bronze, silver and quarantine of a source, gold of a product."""
    if table.is_gold:
        return [gold_asset(table, first_date)]
    return [bronze_asset(table, first_date), silver_assets(table, first_date)]


def bronze_asset(table: Table, first_date: date) -> dg.AssetsDefinition:
    """`bronze/<table>`."""

    @dg.multi_asset(
        name=f"bronze_{table.name}",
        specs=[spec("bronze", table, first_date)],
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=f"bronze_{table.name}",
        required_resource_keys={"platform"},
    )
    def load(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        with told_to_dagster():
            dates = _dates(context)
            if is_due_only(context):
                listing = RawZone(platform.lake_store).listing(dates)
                wanted = set(due_for_bronze(platform.journal.state(), table, listing))
                dates = [day for day in dates if day in wanted]
            result = steps.load_bronze(platform, table, dates, context.run_id) if dates else StepResult([])
            yield from report(context, key("bronze", table), _reports("bronze", platform, table, result))

    return load


def silver_assets(table: Table, first_date: date) -> dg.AssetsDefinition:
    """`silver/<table>` and `quarantine/<table>`: two outcomes of one judgement."""
    bronze_key = key("bronze", table)

    @dg.multi_asset(
        name=f"silver_{table.name}",
        specs=[
            spec("silver", table, first_date, [bronze_key]),
            spec("quarantine", table, first_date, [bronze_key]),
        ],
        check_specs=check_specs("silver", table),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=f"silver_{table.name}",
        required_resource_keys={"platform"},
    )
    def publish(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        with told_to_dagster():
            dates = _dates(context)
            if is_due_only(context):
                wanted = set(due_for_silver(platform.journal.state(), table))
                dates = [day for day in dates if day in wanted]
            result = steps.publish_silver(platform, table, dates, context.run_id) if dates else StepResult([])
            yield from report(
                context, key("quarantine", table), _reports("quarantine", platform, table, result)
            )
            yield from report(context, key("silver", table), _reports("silver", platform, table, result))
            _refuse(table, result.refused)

    return publish


def gold_asset(table: Table, first_date: date) -> dg.AssetsDefinition:
    """`gold/<table>`."""
    deps = [dg.AssetKey(["silver", source]) for source in table.sources]

    @dg.multi_asset(
        name=f"gold_{table.name}",
        specs=[spec("gold", table, first_date, deps)],
        check_specs=check_specs("gold", table),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=f"gold_{table.name}",
        required_resource_keys={"platform"},
    )
    def build(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        with told_to_dagster():
            dates = _dates(context)
            if is_due_only(context):
                wanted = set(due_for_gold(platform.journal.state(), table))
                dates = [day for day in dates if day in wanted]
            result = steps.build_gold(platform, table, dates, context.run_id) if dates else StepResult([])
            yield from report(context, key("gold", table), _reports("gold", platform, table, result))
            _refuse(table, result.refused)

    return build


def _dates(context: dg.AssetExecutionContext) -> list[date]:
    return [date.fromisoformat(found) for found in context.partition_keys]


def _refuse(table: Table, refused: Sequence[Verdict]) -> None:
    if refused:
        raise dg.Failure(
            "\n".join(verdict.message for verdict in refused),
            metadata={"refused": dg.MetadataValue.int(len(refused)), "table": table.name},
            allow_retries=False,
        )


@contextmanager
def told_to_dagster() -> Iterator[None]:
    """A deliberate error becomes Dagster's: transient ones are tried again, permanent ones are not."""
    try:
        yield
    except PlatformError as error:
        if error.is_transient:
            raise dg.RetryRequested(max_retries=3, seconds_to_wait=_RETRY_AFTER_SECONDS) from error
        raise dg.Failure(str(error), allow_retries=False) from error


def _reports(layer: str, platform: Platform, table: Table, result: StepResult) -> list[PartitionReport]:
    """One report for each date of the step, with the facts of what the layer holds now."""
    if not result.dates:
        return []
    name = f"{layer}/{table.name}"
    published = result.published.get(layer)
    facts = published[-1].partitions if published else platform.lake.partitions(name)
    verdicts = {verdict.ingestion_date: verdict for verdict in result.verdicts}
    # Quarantine holds something of every date; the other layers only of those that were accepted.
    judged = {} if layer == "quarantine" else verdicts
    total = sum(found.rows for found in facts.values())
    schema = column_schema(layer, table.contract)
    reports = []
    for day in result.dates:
        verdict = judged.get(day)
        metadata: dict[str, Any] = {
            "dagster/row_count": total,
            "dagster/partition_row_count": facts.get(day, _NOTHING).rows,
            "dagster/column_schema": schema,
            "dagster/table_name": f"{layer}.{table.name}",
            "delta_files": facts.get(day, _NOTHING).files,
            "delta_bytes": facts.get(day, _NOTHING).bytes,
            "contract_version": table.contract.version,
        }
        if published:
            metadata["delta_version"] = published[-1].version
        if layer == "bronze":
            metadata["landed_files"] = result.files.get(day, 0)
        if layer == "silver" and verdict is not None:
            metadata |= {"quarantined": verdict.quarantined, **verdict.metrics}
        accepted = verdict is None or verdict.is_accepted
        reports.append(PartitionReport(day, accepted, metadata, verdict.checks if verdict else ()))
    return reports
