"""The metric sink of AWS: CloudWatch, namespace `DataOps`, dimension `Table`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.measurement import Measurement
from dataops_platform.resources.aws import problem, reporting_client

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

#: What one PutMetricData call may hold: metrics, and bytes of its body.
MOST_METRICS, MOST_BYTES = 1_000, 1_000_000
#: CloudWatch takes nothing that is older than two weeks; an hour less, as the call itself takes time.
OLDEST = timedelta(days=14, hours=-1)
_LARGEST = 2.0**360
#: Bytes of a datum beside its two names and its unit, in the most wordy of boto3's wire formats.
_DATUM_BYTES = 420
_UNITS = {"bytes": "Bytes", "processing_time": "Seconds", "freshness_lag": "Seconds"}


class CloudWatchSink:
    """What was measured of a table, stamped with when it was measured.

    A name stands for its silver or gold table: what people mean by it. Bronze counts the same rows before they were
    judged; under the same name and dimension the two would be one curve.
    """

    name = "cloudwatch"

    def __init__(self, *, namespace: str = "DataOps") -> None:
        self._namespace = namespace

    @cached_property
    def _client(self) -> CloudWatchClient:
        client: CloudWatchClient = reporting_client("cloudwatch")
        return client

    def send(self, found: Sequence[Measurement]) -> int:
        """The measurements are in CloudWatch; how many it does not take: too old, no number, or of bronze."""
        oldest = datetime.now(UTC) - OLDEST
        taken = [one for one in found if one.layer != "bronze" and one.at >= oldest and _is_number(one)]
        for batch in batches([_datum(one) for one in taken]):
            try:
                self._client.put_metric_data(Namespace=self._namespace, MetricData=batch)
            except (BotoCoreError, ClientError) as error:
                raise problem("CloudWatch", error, "Metrics wait in observability/metrics.") from error
        return len(found) - len(taken)


def batches(found: Sequence[MetricDatumTypeDef]) -> Iterator[Sequence[MetricDatumTypeDef]]:
    """The data in as few calls as the limits allow."""
    start = size = 0
    for position, one in enumerate(found):
        grown = size + _size(one)
        if position > start and (position - start == MOST_METRICS or grown > MOST_BYTES):
            yield found[start:position]
            start, grown = position, _size(one)
        size = grown
    if start < len(found):
        yield found[start:]


def _size(datum: MetricDatumTypeDef) -> int:
    return _DATUM_BYTES + len(quote(datum["MetricName"])) + len(quote(datum["Dimensions"][0]["Value"]))


def _is_number(one: Measurement) -> bool:
    return math.isfinite(one.value) and abs(one.value) <= _LARGEST


def _datum(one: Measurement) -> MetricDatumTypeDef:
    unit = "Percent" if one.metric.endswith("_pct") else _UNITS.get(one.metric, "Count")
    return {
        "MetricName": one.metric,
        "Dimensions": [{"Name": "Table", "Value": one.table}],
        "Timestamp": one.at,
        "Value": one.value,
        "Unit": unit,  # type: ignore[typeddict-item]  # one of CloudWatch's own words
    }
