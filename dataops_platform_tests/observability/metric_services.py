"""This file holds services on this machine that metrics are sent to, each with what it has been told."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol

import boto3
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from dataops_platform.core.measurement import Measurement, MetricSink
from dataops_platform.resources.cloudwatch import CloudWatchSink
from dataops_platform.resources.otlp import OtlpSink

NOBODY = "http://127.0.0.1:9"
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


def measured(
    value: float,
    *,
    of: str = "orders",
    layer: str = "silver",
    metric: str = "row_count",
    ago: timedelta = timedelta(0),
) -> Measurement:
    """A number of a partition, measured some time ago by a run of its own."""
    at = NOW - ago
    return Measurement(of, layer, date(2026, 3, 2), metric, value, f"run of {at}", at)


class Service(Protocol):
    """A service that metrics are sent to.

    Attributes:
        variable: names the service's address; `endpoint` is what it says while the service is there.
    """

    variable: str
    endpoint: str

    def sink(self) -> MetricSink:
        """A sink of its own, as a new process has it."""

    def has(self, metric: str, table: str) -> tuple[int, float]:
        """How many numbers the service has of a table's metric, and their sum."""


@dataclass(frozen=True)
class CloudWatch:
    """What moto's server has been told."""

    endpoint: str
    variable: str = "AWS_ENDPOINT_URL"

    def sink(self) -> MetricSink:
        return CloudWatchSink()

    def has(self, metric: str, table: str) -> tuple[int, float]:
        now = datetime.now(UTC)
        found = boto3.client("cloudwatch", endpoint_url=self.endpoint).get_metric_statistics(
            Namespace="DataOps",
            MetricName=metric,
            Dimensions=[{"Name": "Table", "Value": table}],
            StartTime=now - timedelta(days=1),
            EndTime=now + timedelta(hours=1),
            Period=172_800,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return int(sum(one["SampleCount"] for one in found)), sum(one["Sum"] for one in found)


@dataclass
class Collector:
    """An OpenTelemetry collector.

    Attributes:
        status: what it answers with.
        rejected: how many points of a call it says it rejects.
        requests: the calls it took, with their paths and headers.
    """

    endpoint: str = ""
    variable: str = "OTEL_EXPORTER_OTLP_ENDPOINT"
    status: int = 200
    rejected: int = 0
    requests: list[tuple[str, dict[str, str], ExportMetricsServiceRequest]] = field(default_factory=list)

    def sink(self) -> MetricSink:
        return OtlpSink()

    @property
    def metrics(self) -> list[Any]:
        return [
            metric
            for _, _, request in self.requests
            for of_resource in request.resource_metrics
            for of_scope in of_resource.scope_metrics
            for metric in of_scope.metrics
        ]

    def has(self, metric: str, table: str) -> tuple[int, float]:
        found = [
            point.as_double
            for one in self.metrics
            if one.name == f"dataops.{metric}"
            for point in one.gauge.data_points
            if told(point.attributes)["table"] == table
        ]
        return len(found), sum(found)


def told(attributes: Any) -> dict[str, str]:
    """Attributes of a point or a resource, as names and texts."""
    return {one.key: one.value.string_value for one in attributes}


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector is ready on a free port of loopback; what it is asked is parsed as OpenTelemetry's own."""
    here = Collector()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            if here.status == 200:
                request = ExportMetricsServiceRequest.FromString(body)
                here.requests.append((self.path, dict(self.headers), request))
            partial = ExportMetricsPartialSuccess(rejected_data_points=here.rejected)
            self.send_response(here.status)
            self.end_headers()
            self.wfile.write(ExportMetricsServiceResponse(partial_success=partial).SerializeToString())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    here.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
