"""This room's assets: every table's contract and function → Dagster assets with partitions, checks and pools."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import PartitionFacts
from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.core.verdict import Verdict
from dataops_platform.errors import PlatformError
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.layers.due import due_for_bronze, due_for_gold, due_for_silver
from dataops_platform.layers.profile_table import profile_table
from dataops_platform.layers.quarantine_words import why_held
from dataops_platform.layers.remote import done
from dataops_platform.layers.reporting import PartitionReport, is_due_only, report
from dataops_platform.layers.specs import check_specs, column_schema, key, spec
from dataops_platform.layers.steps import StepResult
from dataops_platform.layers.telling import Telling, lineage_metadata, started, told
from dataops_platform.layers.turn import beside_other_steps, in_turn
from dataops_platform.quality.profile import ColumnProfile

Events = Iterator[dg.MaterializeResult[None]]
DueDates = Callable[[Platform, Table, Sequence[date]], list[date]]
_RETRY_AFTER_SECONDS = 5
_NOTHING = PartitionFacts(0, 0, 0)


def table_assets(table: Table, first_date: date, telling: Telling) -> list[dg.AssetsDefinition]:
    """The assets of one table: bronze, silver and quarantine of a source, gold of a product."""
    bronze_key = key("bronze", table)
    if table.is_gold:
        deps = [dg.AssetKey(["silver", source]) for source in table.sources]
        built = [spec("gold", table, first_date, deps)]
        return [_assets(table, built, first_date, _due_for_gold, telling)]
    landed = [spec("bronze", table, first_date)]
    # Two outcomes of one judgement. Quarantine is reported first: what silver lacks is to be found there.
    judged_from = [bronze_key, *(dg.AssetKey(["silver", rule.table]) for rule in table.contract.references)]
    judged = [spec(layer, table, first_date, judged_from) for layer in ("quarantine", "silver")]
    return [
        _assets(table, landed, first_date, _due_for_bronze, telling),
        _assets(table, judged, first_date, _due_for_silver, telling),
    ]


def _due_for_bronze(platform: Platform, table: Table, dates: Sequence[date]) -> list[date]:
    return due_for_bronze(platform.journal.state(), table, RawZone(platform.lake_store).listing(dates))


def _due_for_silver(platform: Platform, table: Table, _dates: Sequence[date]) -> list[date]:
    return due_for_silver(platform.journal.state(), table)


def _due_for_gold(platform: Platform, table: Table, _dates: Sequence[date]) -> list[date]:
    return due_for_gold(platform.journal.state(), table)


def _assets(
    table: Table,
    specs: Sequence[dg.AssetSpec],
    first_date: date,
    due: DueDates,
    telling: Telling,
) -> dg.AssetsDefinition:
    """One Dagster step that fills these layers for the dates of its run, or for those of them that are due."""
    layers = [asset.key.path[0] for asset in specs]
    name, assets = f"{layers[-1]}_{table.name}", [f"{layer}/{table.name}" for layer in layers]

    @dg.multi_asset(
        name=name,
        specs=specs,
        check_specs=check_specs(layers[-1], table, first_date),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=name,
        required_resource_keys={"platform"},
    )
    def move(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        with told_to_dagster():
            dates, due_only = _dates(context), is_due_only(context)
            with beside_other_steps(platform.engine.interrupt):
                if due_only:
                    wanted = set(due(platform, table, dates))
                    dates = [day for day in dates if day in wanted]
                result = StepResult([])
                if dates:
                    begun = started(context, name, assets, dates)
                    order = StepOrder(
                        layers[-1], table.name, (*dates,), begun.run_id, begun.attempt, table.contract.owner
                    )
                    result = told(
                        telling.tell, begun, lambda: done(platform, order, in_turn(context.log.info))
                    )
                reports = {layer: _reports(layer, platform, table, result, telling) for layer in layers}
            for layer in layers:
                yield from report(context, key(layer, table), reports[layer])
            _refuse(table, result.refused)

    return move


def _dates(context: dg.AssetExecutionContext) -> list[date]:
    if not (context.has_partition_key or context.has_partition_key_range):
        raise dg.Failure(
            "Checks are the result of publishing a date, they do not run alone: materialise the asset for that date.",
            allow_retries=False,
        )
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


def _reports(
    layer: str, platform: Platform, table: Table, result: StepResult, telling: Telling
) -> list[PartitionReport]:
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
    profiled: dict[date, list[ColumnProfile]] = {}
    for profile in result.profiles:
        profiled.setdefault(profile.ingestion_date, []).append(profile)
    schema, lineage = column_schema(layer, table.contract), lineage_metadata(telling.lineage(name))
    reports = []
    for day in result.dates:
        verdict = judged.get(day)
        held = why_held(table.contract, verdicts[day]) if layer == "quarantine" and day in verdicts else {}
        metadata: dict[str, Any] = held | {
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
            told = {name: value for name, value in verdict.metrics.items() if name != "row_count"}
            metadata |= {"rows_judged": verdict.rows, "rows_quarantined": verdict.quarantined, **told}
        if layer != "quarantine" and day in profiled:
            metadata["profile"] = profile_table(profiled[day])
        accepted = verdict is None or verdict.is_accepted
        checks = (*verdict.checks, *result.usual.get(day, ()), verdict.as_a_whole) if verdict else ()
        reports.append(PartitionReport(day, accepted, {**metadata, **lineage}, checks))
    return reports
