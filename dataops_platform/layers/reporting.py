"""This room's reporting: what a step did → Dagster's events, exactly for the partitions it did it to.

Dagster 1.13 has no partition on an asset check's result in a range run, and an emitted output claims every partition
of the range. So evaluations, and where dates differ materialisations too, are logged one by one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import dagster as dg

from dataops_platform.core.verdict import ACCEPTED, Check
from dataops_platform.layers.dagster_internals import (
    EXTERNALLY_MANAGED_ASSETS_TAG,
    AssetCheckEvaluation,
    AssetCheckEvaluationTargetMaterializationData,
    AssetMaterializationPlannedData,
    DagsterEvent,
    active_execution,
)

#: Runs with this tag work on what is due within their range, and claim nothing else.
DUE_ONLY_TAG = EXTERNALLY_MANAGED_ASSETS_TAG


def expect_checks_by_partition() -> None:
    """Dagster does not warn that blocking checks came as events of their own; it would, for each check and run."""
    logger = logging.getLogger(active_execution.__name__)
    if _is_no_absence_of_checks not in logger.filters:
        logger.addFilter(_is_no_absence_of_checks)


def _is_no_absence_of_checks(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Blocking asset check")


@dataclass(frozen=True)
class PartitionReport:
    """What became of one partition of one asset."""

    ingestion_date: date
    accepted: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Check] = ()

    @property
    def key(self) -> str:
        """The partition's key in Dagster."""
        return self.ingestion_date.isoformat()


def is_due_only(context: dg.AssetExecutionContext) -> bool:
    """Whether the run was started to do what is due, rather than by a person for a range."""
    return context.run.tags.get(DUE_ONLY_TAG) == "true"


def report(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, partitions: Sequence[PartitionReport]
) -> Iterator[dg.MaterializeResult[None]]:
    """Every accepted partition is materialised with its metadata, and every partition has its check results."""
    passed = all(partition.accepted for partition in partitions)
    claims_range = not is_due_only(context) and passed and len(partitions) == len(context.partition_keys)
    if claims_range and asset_key in context.selected_asset_keys:
        for partition in partitions:
            context.add_asset_metadata(partition.metadata, asset_key=asset_key, partition_key=partition.key)
        yield dg.MaterializeResult(asset_key=asset_key)
    else:
        for partition in partitions:
            if not partition.accepted and is_due_only(context):
                _plan(context, asset_key, partition)
            if partition.accepted:
                context.log_event(
                    dg.AssetMaterialization(asset_key, partition=partition.key, metadata=partition.metadata)
                )
        if is_due_only(context) and passed:
            yield dg.MaterializeResult(
                asset_key=asset_key
            )  # lets the next layer start; claims nothing by the tag
    _report_checks(context, asset_key, partitions)


def _plan(context: dg.AssetExecutionContext, asset_key: dg.AssetKey, partition: PartitionReport) -> None:
    """The partition was meant to be materialised by this run: as it is not, Dagster shows it as failed.

    Runs for a range plan theirs when they are created; those that do what is due know only now what that is.
    """
    planned = AssetMaterializationPlannedData(asset_key, partition=partition.key)
    step = str(context.op_execution_context.op_handle)
    event = DagsterEvent.build_asset_materialization_planned_event(context.run.job_name, step, planned)
    context.instance.report_dagster_event(event, run_id=context.run.run_id)


def _report_checks(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, partitions: Sequence[PartitionReport]
) -> None:
    if not any(partition.checks for partition in partitions):
        return
    targets = _targets(context, asset_key, [partition.key for partition in partitions if partition.accepted])
    for partition in partitions:
        for check in partition.checks:
            context.log_event(_evaluation(asset_key, partition, check, targets.get(partition.key)))


def _evaluation(
    asset_key: dg.AssetKey,
    partition: PartitionReport,
    check: Check,
    target: AssetCheckEvaluationTargetMaterializationData | None,
) -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=asset_key,
        check_name=check.name,
        passed=check.passed,
        metadata={"judged": dg.MetadataValue.int(check.judged), "failed": dg.MetadataValue.int(check.failed)},
        severity=dg.AssetCheckSeverity.ERROR if check.refusal else dg.AssetCheckSeverity.WARN,
        description=f"{partition.key}: {check.told}",
        blocking=check.name == ACCEPTED,
        partition=partition.key,
        target_materialization_data=target,
    )


def _targets(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, keys: Sequence[str]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    """The materialisation each evaluation speaks of; without it nothing downstream is gated."""
    if not keys:
        return {}
    wanted = dg.AssetRecordsFilter(asset_key=asset_key, asset_partitions=list(keys))
    records = context.instance.fetch_materializations(wanted, limit=len(keys) * 2).records
    targets: dict[str, AssetCheckEvaluationTargetMaterializationData] = {}
    for record in records:  # newest first
        if record.partition_key is not None and record.run_id == context.run.run_id:
            targets.setdefault(
                record.partition_key,
                AssetCheckEvaluationTargetMaterializationData(
                    storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
                ),
            )
    return targets
