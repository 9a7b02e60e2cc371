"""The metric sink of OpenTelemetry: the collector that the OTEL_EXPORTER_OTLP_* variables name, by OTLP over HTTP."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dataops_platform.core.measurement import Measurement
from dataops_platform.errors import EnvironmentProblem, Unreachable

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import Metric, MetricsData, NumberDataPoint
    from requests import Response

#: Units as UCUM spells them, which OpenTelemetry asks for; all else is counted.
_UNITS = {"bytes": "By", "processing_time": "s", "freshness_lag": "s"}
_FORBIDDEN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
_WAITING = "Metrics wait in observability/metrics."
_CHECK = "Check the OTEL_EXPORTER_OTLP_* variables."


class OtlpSink:
    """What was measured as gauges `dataops.<metric>` with the attributes table, layer and ingestion_date.

    Each point is stamped with when it was measured. The SDK's own meters would stamp it with now, and tell only the
    newest of several.
    """

    name = "otlp"

    def __init__(self) -> None:
        self._answers: list[Response] = []

    @cached_property
    def _exporter(self) -> OTLPMetricExporter:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from requests import Session

        session = Session()
        session.hooks["response"].append(self._hear)  # the exporter itself tells success or failure only
        return OTLPMetricExporter(session=session)

    def _hear(self, answer: Response, **_: Any) -> None:
        self._answers.append(answer)

    def send(self, found: Sequence[Measurement]) -> int:
        """The collector has the measurements; how many it does not take: no numbers, or those it said it rejects."""
        from opentelemetry.sdk.metrics.export import MetricExportResult

        taken = [one for one in found if math.isfinite(one.value)]
        if not taken:
            return len(found)
        self._answers.clear()
        result = self._exporter.export(_message(taken))
        # A redirect, to a proxy's sign-in for one, is a success to the exporter; the numbers are nowhere.
        is_well = result is MetricExportResult.SUCCESS
        if not is_well or self._answers[-1].status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._problem()
        return len(found) - len(taken) + _rejected(self._answers[-1].content)

    def _problem(self) -> EnvironmentProblem | Unreachable:
        if not self._answers:
            return Unreachable(f"The OpenTelemetry collector does not answer. {_WAITING} {_CHECK}")
        status = self._answers[-1].status_code
        if status in _FORBIDDEN:
            return EnvironmentProblem(
                f"The OpenTelemetry collector refuses this (HTTP {status}). {_WAITING} {_CHECK}"
            )
        return Unreachable(
            f"The OpenTelemetry collector did not take this (HTTP {status}). {_WAITING} {_CHECK}"
        )


def _rejected(answer: bytes) -> int:
    """Points that the collector will not take however often they are sent.

    https://opentelemetry.io/docs/specs/otlp/#partial-success-1
    """
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # publishes no types
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

    try:
        return int(ExportMetricsServiceResponse.FromString(answer).partial_success.rejected_data_points)
    except DecodeError:  # a proxy that answers in words of its own
        return 0


def _message(found: Iterable[Measurement]) -> MetricsData:
    from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    by_metric: defaultdict[str, list[Measurement]] = defaultdict(list)
    for one in found:
        by_metric[one.metric].append(one)
    metrics = [_metric(name, points) for name, points in by_metric.items()]
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.
    resource = Resource({"service.name": "dataops-platform"}).merge(OTELResourceDetector().detect())
    scope = ScopeMetrics(InstrumentationScope("dataops_platform"), metrics, schema_url="")
    return MetricsData([ResourceMetrics(resource, [scope], schema_url="")])


def _metric(name: str, found: Iterable[Measurement]) -> Metric:
    from opentelemetry.sdk.metrics.export import Gauge, Metric

    unit = "%" if name.endswith("_pct") else _UNITS.get(name, "1")
    return Metric(f"dataops.{name}", description="", unit=unit, data=Gauge([_point(one) for one in found]))


def _point(one: Measurement) -> NumberDataPoint:
    from opentelemetry.sdk.metrics.export import NumberDataPoint

    attributes = {
        "table": one.table,
        "layer": one.layer,
        "ingestion_date": one.ingestion_date.isoformat(),
    }
    at = round(one.at.timestamp() * 1_000_000) * 1_000  # a float holds microseconds exactly, nanoseconds not
    return NumberDataPoint(attributes, start_time_unix_nano=0, time_unix_nano=at, value=one.value)
