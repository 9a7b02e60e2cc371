"""This room's history: what became of each ingestion date, from the journal and the metrics in the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from dataops_platform.core.ports import Lake
from dataops_platform.observability.journal import VERDICTS

Status = Literal["published", "held", "refused"]

#: How many days back pages look; a chart of more has no room on a screen.
DAYS = 91
_RUNS = 8
_JUDGED = ["silver", "gold"]
_KEY = ["layer", "table", "ingestion_date"]


@dataclass(frozen=True)
class Outcome:
    """What became of one ingestion date of a table.

    Attributes:
        rows: rows judged.
        held: rows of them that are in quarantine; all of a refused date.
        message: why the date was refused, or empty.
    """

    day: date
    rows: int
    held: int
    is_accepted: bool
    message: str
    at: datetime

    @property
    def status(self) -> Status:
        """`held` where rows of a published date are in quarantine."""
        if not self.is_accepted:
            return "refused"
        return "held" if self.held else "published"


@dataclass(frozen=True)
class Run:
    """What one run did to a table.

    Attributes:
        run_id: in Dagster.
        dates: how many ingestion dates it judged or loaded, `refused` of which it refused.
        at: when it was last heard of.
    """

    run_id: str
    dates: int
    refused: int
    at: datetime


@dataclass(frozen=True)
class TableHistory:
    """The outcomes of a table's dates, oldest first.

    Attributes:
        last_passed: the newest ingestion date that was published, however long ago.
        percentages: metric → ingestion date → percent of the judged rows.
        runs: the last ones, newest first.
    """

    outcomes: tuple[Outcome, ...] = ()
    last_passed: date | None = None
    percentages: Mapping[str, Mapping[date, float]] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()

    @property
    def refused(self) -> tuple[Outcome, ...]:
        """The dates that stand refused, newest first."""
        return tuple(outcome for outcome in reversed(self.outcomes) if outcome.status == "refused")


def history(lake: Lake) -> dict[str, TableHistory]:
    """The last 13 weeks of each table that was loaded or judged, by `<layer>/<name>`."""
    records = lake.records(VERDICTS)
    runs = {} if records is None else _runs(records)
    return {
        **{name: TableHistory(runs=found) for name, found in runs.items()},
        **_judged(lake, _last(records, _KEY), runs),
    }


def _judged(
    lake: Lake, verdicts: pa.Table | None, runs: Mapping[str, tuple[Run, ...]]
) -> dict[str, TableHistory]:
    if verdicts is None:
        return {}
    newest = pc.max(verdicts["ingestion_date"]).as_py()
    metrics = lake.records("observability/metrics")
    if (
        metrics is not None
    ):  # there are many, and few of them are shown: sorting them all would take the longest
        metrics = _since(metrics.filter(pc.ends_with(metrics["metric"], "_pct")), newest)
    measured = _last(metrics, [*_KEY, "metric"])
    passed = verdicts.filter(pc.field("accepted")).group_by(["layer", "table"])
    last_passed = {
        f"{row['layer']}/{row['table']}": row["ingestion_date_max"]
        for row in passed.aggregate([("ingestion_date", "max")]).to_pylist()
    }
    outcomes = _outcomes(_since(verdicts, newest).sort_by("ingestion_date"))
    percentages = _percentages(measured) if measured is not None else {}
    return {
        name: TableHistory(
            tuple(outcomes.get(name, ())),
            last_passed.get(name),
            percentages.get(name, {}),
            runs.get(name, ()),
        )
        for name in {f"{layer}/{table}" for layer, table in _pairs(verdicts)}
    }


def _runs(records: pa.Table) -> dict[str, tuple[Run, ...]]:
    """The last runs of each table, by its name."""
    told = records.append_column("refused", pc.invert(records["accepted"]).cast(pa.int64()))
    counted = told.group_by(["layer", "table", "run_id"]).aggregate(
        [("ingestion_date", "count_distinct"), ("refused", "sum"), ("at", "max")]
    )
    found: dict[str, list[Run]] = {}
    for row in counted.sort_by([("at_max", "descending")]).to_pylist():
        of_table = found.setdefault(f"{row['layer']}/{row['table']}", [])
        if len(of_table) < _RUNS:
            of_table.append(
                Run(row["run_id"], row["ingestion_date_count_distinct"], row["refused_sum"], row["at_max"])
            )
    return {name: tuple(runs) for name, runs in found.items()}


def _last(records: pa.Table | None, key: list[str]) -> pa.Table | None:
    """The last record of each key: what was judged again counts as it was judged last."""
    if records is None:
        return None
    rows = records.filter(pc.field("layer").isin(_JUDGED)).sort_by("at")
    if not rows.num_rows:
        return None
    rows = rows.append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    return rows.take(rows.group_by(key).aggregate([("row", "max")])["row_max"])


def _since(rows: pa.Table, newest: date) -> pa.Table:
    return rows.filter(pc.field("ingestion_date") > newest - timedelta(days=DAYS))


def _pairs(rows: pa.Table) -> set[tuple[str, str]]:
    return set(zip(rows["layer"].to_pylist(), rows["table"].to_pylist(), strict=True))


def _outcomes(rows: pa.Table) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for row in rows.to_pylist():
        outcome = Outcome(
            day=row["ingestion_date"],
            rows=row["rows"],
            held=row["quarantined"],
            is_accepted=row["accepted"],
            message=row["message"],
            at=row["at"],
        )
        found.setdefault(f"{row['layer']}/{row['table']}", []).append(outcome)
    return found


def _percentages(rows: pa.Table) -> dict[str, dict[str, dict[date, float]]]:
    found: dict[str, dict[str, dict[date, float]]] = {}
    by_date: list[dict[str, Any]] = rows.sort_by("ingestion_date").to_pylist()
    for row in by_date:
        table = found.setdefault(f"{row['layer']}/{row['table']}", {})
        table.setdefault(row["metric"], {})[row["ingestion_date"]] = row["value"]
    return found
