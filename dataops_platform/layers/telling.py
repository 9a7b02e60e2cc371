"""This room's telling: what a step does, told to whoever else wants to know; see `catalog/openlineage.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from dataops_platform.core.lineage import Origin, TableLineage
from dataops_platform.core.ports import PartitionFacts
from dataops_platform.core.step_events import StepEvent, Written
from dataops_platform.errors import PlatformError
from dataops_platform.layers.steps import StepResult

_NOTHING = PartitionFacts(0, 0, 0)
_MOST_NAMES = 3
_ROWS = "(which rows there are)"
_RECORDS = dg.TableSchema([dg.TableColumn(name) for name in ("column", "made of", "chosen by", "unknown")])


@dataclass(frozen=True)
class Telling:
    """Who is told of the steps of a run, and knows what the tables come from.

    Attributes:
        lineage: what an asset comes from.
        tell: takes an event, and never raises.
    """

    lineage: Callable[[str], TableLineage]
    tell: Callable[[StepEvent], None]


def lineage_metadata(lineage: TableLineage) -> dict[str, Any]:
    """What Dagster is told of where the columns of an asset come from.

    Its graph of columns, which only Dagster+ draws, knows one kind of arrow: values have precedence, and a column that
    is made of none, such as a count or a score, has those that decide it. Everybody's Dagster shows the table.
    """
    deps = {
        name: [_dep(source) for source in sorted(origin.values or origin.influences)]
        for name, origin in lineage.columns.items()
    }
    told = [*lineage.columns.items(), (_ROWS, lineage.rows)]
    return {
        "dagster/column_lineage": dg.TableColumnLineage(deps),
        "lineage": dg.MetadataValue.table([_record(name, origin) for name, origin in told], _RECORDS),
    }


def _record(name: str, origin: Origin) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "column": name,
            "made of": _some(origin.values),
            "chosen by": _some(origin.influences),
            "unknown": ", ".join(sorted(origin.unknown)),
        }
    )


def _some(names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
    return ", ".join(found[:_MOST_NAMES]) + more


def _dep(source: str) -> dg.TableColumnDep:
    asset, _, column = source.partition(".")
    return dg.TableColumnDep(dg.AssetKey(asset.split("/")), column)


def told(tell: Callable[[StepEvent], None], started: StepEvent, work: Callable[[], StepResult]) -> StepResult:
    """What the work results in; that it began, and how it ended, has been told."""
    tell(started)
    try:
        result = work()
    except BaseException as error:
        problem = str(error) if isinstance(error, PlatformError) else type(error).__name__
        tell(replace(started, state="fail", at=datetime.now(UTC), problem=problem))
        raise
    tell(_ended(started, result))
    return result


def started(
    context: dg.AssetExecutionContext, step: str, assets: Sequence[str], dates: Sequence[date]
) -> StepEvent:
    """The event that a step of this run begins."""
    return StepEvent(
        state="start",
        step=step,
        job=context.run.job_name,
        run_id=context.run.run_id,
        attempt=context.retry_number,
        assets=tuple(assets),
        dates=tuple(dates),
        at=datetime.now(UTC),
    )


def _ended(started: StepEvent, result: StepResult) -> StepEvent:
    checks: dict[str, bool] = {}
    for verdict in result.verdicts:
        for check in verdict.checks:
            checks[check.name] = checks.get(check.name, True) and check.passed
    return replace(
        started,
        state="fail" if result.refused else "complete",
        at=datetime.now(UTC),
        written={asset: found for asset in started.assets if (found := _written(asset, result)) is not None},
        checks=checks,
        problem="\n".join(verdict.message for verdict in result.refused),
    )


def _written(asset: str, result: StepResult) -> Written | None:
    """What the asset holds now of the dates that the step published; None where it published none."""
    published = result.published.get(asset.partition("/")[0])
    if not published:
        return None
    last, kept = published[-1], {verdict.ingestion_date for verdict in result.refused}
    days = [day for day in result.dates if day not in kept or asset.startswith("quarantine/")]
    facts = [last.partitions.get(day, _NOTHING) for day in days]
    return Written(
        sum(one.rows for one in facts),
        sum(one.bytes for one in facts),
        sum(one.files for one in facts),
        last.version,
    )
