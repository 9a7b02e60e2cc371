"""What CloudWatch remembers of the platform's metrics: hour by hour, as `CloudWatchSink` told it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.resources.aws import problem, reporting_client

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

#: What one GetMetricData call may ask for.
MOST_QUERIES = 500
_HOUR = 3600


@dataclass(frozen=True)
class Curve:
    """A table's metric, hour by hour.

    Attributes:
        hours: start of an hour (UTC) → the mean of what was measured in it; no hour without a measurement.
    """

    table: str
    metric: str
    hours: Mapping[datetime, float]


class CloudWatchHistory:
    """The metrics of a namespace that have the dimension `Table` and no other."""

    def __init__(self, *, namespace: str = "DataOps") -> None:
        self._namespace = namespace

    @cached_property
    def _client(self) -> CloudWatchClient:
        client: CloudWatchClient = reporting_client("cloudwatch")
        return client

    def curves(self, start: datetime, end: datetime) -> Iterator[Curve]:
        """The curves, between two full hours, of all that was measured in the last three hours.

        A mean, since a backfill measures many dates in an hour, and a number may have been sent twice.

        Raises:
            Unreachable: CloudWatch did not answer.
            EnvironmentProblem: it refuses this caller.
        """
        try:
            names = self._active()
            for first in range(0, len(names), MOST_QUERIES):
                yield from self._curves(names[first : first + MOST_QUERIES], start, end)
        except (BotoCoreError, ClientError) as error:
            raise problem("CloudWatch", error, "Nothing was judged; the next hour looks again.") from error

    def _active(self) -> list[tuple[str, str]]:
        pages = self._client.get_paginator("list_metrics").paginate(
            Namespace=self._namespace, Dimensions=[{"Name": "Table"}], RecentlyActive="PT3H"
        )
        found = [metric for page in pages for metric in page["Metrics"] if len(metric["Dimensions"]) == 1]
        return sorted((metric["Dimensions"][0]["Value"], metric["MetricName"]) for metric in found)

    def _curves(self, names: Sequence[tuple[str, str]], start: datetime, end: datetime) -> Iterator[Curve]:
        hours: list[dict[datetime, float]] = [{} for _ in names]
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[self._query(place, *name) for place, name in enumerate(names)],
            StartTime=start,
            EndTime=end,
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                place = int(result["Id"].removeprefix("q"))
                hours[place] |= zip(result["Timestamps"], result["Values"], strict=True)
        for (table, metric), found in zip(names, hours, strict=True):
            yield Curve(table, metric, dict(sorted(found.items())))

    def _query(self, place: int, table: str, metric: str) -> MetricDataQueryTypeDef:
        return {
            "Id": f"q{place}",
            "MetricStat": {
                "Metric": {
                    "Namespace": self._namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": "Table", "Value": table}],
                },
                "Period": _HOUR,
                "Stat": "Average",
            },
        }
