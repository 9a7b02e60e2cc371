"""This room's exposition: the numbers of every table's newest ingestion date, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pandas as pd
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from dataops_platform.core.arrivals import age
from dataops_platform.observability.metrics import FAILED_ROWS, WARNED_ROWS, newest_date

_NULLS = "_null_pct"
_SECONDS = ("processing_time", "freshness_lag")
_ABOUT = {
    "row_count": "Rows of the newest ingestion date; of silver, those that were judged.",
    "file_count": "Landed files of the newest ingestion date.",
    "files": "Files of the newest ingestion date in the Delta table.",
    "bytes": "Bytes of the newest ingestion date in the Delta table.",
    "quarantined": "Rows of the newest ingestion date that were not accepted.",
    "error_count": "How often rows of the newest ingestion date broke a check.",
    "duplicate_pct": "Keys that occur more than once, in per cent of rows.",
    "broken_rows": "Rows of the newest ingestion date that broke a check.",
    "null_pct": "Rows without a value in a column, in per cent of readable rows.",
    "processing_time": "How long the newest ingestion date took.",
    "freshness_lag": "How old the newest ingestion date is: time since it began (UTC).",
}


def exposition(numbers: pd.DataFrame, now: datetime) -> str:
    """Prometheus' text format of `numbers` (see `metrics.latest`); ages are those at `now`."""
    registry = CollectorRegistry()
    registry.register(_Newest(numbers, now))
    return generate_latest(registry).decode()


class _Newest(Collector):
    def __init__(self, numbers: pd.DataFrame, now: datetime) -> None:
        self._rows, self._now = newest_date(numbers), now

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One family for each metric; the null percentages of all columns are one."""
        families: dict[str, GaugeMetricFamily] = {}
        for row in self._rows:
            name, labels = _named(row["metric"], layer=row["layer"], table=row["table"])
            if name not in families:
                unit = "_seconds" if name in _SECONDS else ""
                about = _ABOUT.get(name, f"{name} of the newest ingestion date.")
                families[name] = GaugeMetricFamily(f"dataops_{name}{unit}", about, labels=list(labels))
            old = age(row["ingestion_date"].date(), self._now).total_seconds()
            families[name].add_metric(list(labels.values()), old if name == "freshness_lag" else row["value"])
        return families.values()


def _named(metric: str, **labels: str) -> tuple[str, dict[str, str]]:
    if metric.endswith(_NULLS):
        return "null_pct", {**labels, "column": metric.removesuffix(_NULLS)}
    if metric.endswith((FAILED_ROWS, WARNED_ROWS)):
        return "broken_rows", {**labels, "check": metric.rpartition("_")[0]}
    return metric, labels
