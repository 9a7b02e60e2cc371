"""The sinks of metrics: CloudWatch and an OpenTelemetry collector keep what the port promises, each in its own form."""

from datetime import UTC, datetime, timedelta

import pytest

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.observability.metric_delivery import deliver
from dataops_platform.observability.metrics import record
from dataops_platform.resources.cloudwatch import MOST_BYTES, MOST_METRICS, CloudWatchSink, batches
from dataops_platform.resources.otlp import OtlpSink
from dataops_platform_tests.observability.metric_services import NOBODY, CloudWatch, collector, measured, told


@pytest.fixture
def cloudwatch(aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    return CloudWatch(aws.endpoint)


@pytest.fixture
def otlp(monkeypatch):
    monkeypatch.setenv(
        "OTEL_EXPORTER_OTLP_TIMEOUT", "0.5"
    )  # seconds; less than it waits before it asks again
    with collector() as here:
        monkeypatch.setenv(here.variable, here.endpoint)
        yield here


@pytest.fixture(params=["cloudwatch", "otlp"])
def service(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def table(aws):
    """A name that the server has never heard, as all tests share it."""
    return aws.name("orders_")


@pytest.mark.integration
def test_the_service_has_every_number_of_more_than_one_call_once(lake, service, table):
    record(
        lake,
        [measured(float(n), of=table, metric=f"c{n:04}_null_pct") for n in range(MOST_METRICS + 5)],
    )

    done, again = deliver(lake, service.sink()), deliver(lake, service.sink())

    assert (done.sent, done.kept_back, done.problem) == (MOST_METRICS + 5, 0, None)
    assert again.sent == 0
    assert service.has("c0007_null_pct", table) == (1, 7.0)
    assert service.has(f"c{MOST_METRICS + 4:04}_null_pct", table) == (1, MOST_METRICS + 4.0)


@pytest.mark.integration
def test_the_service_catches_up_after_it_was_away_for_hours(lake, service, table, monkeypatch):
    monkeypatch.setenv(service.variable, NOBODY)
    for hours in (3, 2, 1):
        record(lake, [measured(float(hours), of=table, ago=timedelta(hours=hours))])
        done = deliver(lake, service.sink())
        assert done.sent == 0
        assert "wait in observability/metrics" in str(done.problem)
    monkeypatch.setenv(service.variable, service.endpoint)

    done = deliver(lake, service.sink())

    assert (done.sent, done.problem) == (3, None)
    assert service.has("row_count", table) == (3, 6.0)


@pytest.mark.integration
def test_what_is_no_number_is_kept_back_and_never_asked_for_again(lake, service, table):
    record(lake, [measured(1.0, of=table), measured(float("nan"), of=table, metric="bytes")])

    first, second = deliver(lake, service.sink()), deliver(lake, service.sink())

    assert (first.sent, first.kept_back) == (1, 1)
    assert (second.sent, second.kept_back) == (0, 0)
    assert service.has("row_count", table) == (1, 1.0)
    assert service.has("bytes", table) == (0, 0)


@pytest.mark.integration
def test_cloudwatch_is_not_told_of_bronze_or_what_is_older_than_it_takes(lake, cloudwatch, table):
    bronze = measured(2.0, of=table, layer="bronze")
    old = measured(4.0, of=table, metric="old", ago=timedelta(days=14))
    record(lake, [measured(1.0, of=table), bronze, old])

    done = deliver(lake, CloudWatchSink())

    assert (done.sent, done.kept_back) == (1, 2)
    assert cloudwatch.has("row_count", table) == (1, 1.0)
    assert cloudwatch.has("old", table) == (0, 0)


def test_a_missing_region_is_told_with_the_variable_to_set(lake, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    record(lake, [measured(1.0)])

    assert "Check AWS_REGION" in str(deliver(lake, CloudWatchSink()).problem)
    with pytest.raises(EnvironmentProblem, match="Check AWS_REGION"):
        CloudWatchSink().send([measured(1.0)])


def datum(name="row_count", table="orders"):
    return {"MetricName": name, "Dimensions": [{"Name": "Table", "Value": table}], "Value": 1.0}


def test_a_call_holds_neither_more_metrics_nor_more_bytes_than_cloudwatch_takes():
    many = [datum() for _ in range(2 * MOST_METRICS + 1)]
    long = [datum("é" * 250, "t" * 1_000) for _ in range(900)]

    assert [len(batch) for batch in batches(many)] == [MOST_METRICS, MOST_METRICS, 1]
    calls = list(batches(long))
    assert sum(map(len, calls)) == 900
    assert len(calls) > 1
    assert all(len(call) * (250 * 6 + 1_000) < MOST_BYTES for call in calls)
    assert list(batches([])) == []


@pytest.mark.parametrize(
    ("metric", "unit"),
    [("row_count", "1"), ("bytes", "By"), ("processing_time", "s"), ("duplicate_pct", "%")],
)
def test_a_measurement_is_a_gauge_stamped_with_when_it_was_measured(otlp, metric, unit):
    measurement = measured(7.0, metric=metric, ago=timedelta(hours=3, microseconds=1))

    OtlpSink().send([measurement])

    [one] = otlp.metrics
    [point] = one.gauge.data_points
    assert (one.name, one.unit, point.as_double) == (f"dataops.{metric}", unit, 7.0)
    assert told(point.attributes) == {"table": "orders", "layer": "silver", "ingestion_date": "2026-03-02"}
    assert point.time_unix_nano % 1_000 == 0
    assert datetime.fromtimestamp(point.time_unix_nano / 1e9, UTC) == measurement.at


def test_the_layers_and_dates_of_a_metric_are_points_of_one_gauge(otlp):
    OtlpSink().send([measured(1.0), measured(2.0, layer="bronze")])

    [one] = otlp.metrics
    assert [told(point.attributes)["layer"] for point in one.gauge.data_points] == ["silver", "bronze"]


def test_the_standard_variables_have_the_last_word(otlp, monkeypatch):
    OtlpSink().send([measured(1.0)])
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")

    OtlpSink().send([measured(1.0)])

    [(path, _, before), (_, headers, after)] = otlp.requests
    names = [told(each.resource_metrics[0].resource.attributes)["service.name"] for each in (before, after)]
    sent = {name.lower(): value for name, value in headers.items()}
    assert path == "/v1/metrics"
    assert names == ["dataops-platform", "shop"]
    assert (sent["authorization"], sent["content-encoding"]) == ("Bearer x", "gzip")


def test_points_that_the_collector_rejects_are_kept_back_as_sending_them_again_is_forbidden(lake, otlp):
    otlp.rejected = 2
    record(lake, [measured(float(n), metric=f"c{n}_null_pct") for n in range(5)])

    first, second = deliver(lake, OtlpSink()), deliver(lake, OtlpSink())

    assert (first.sent, first.kept_back, first.problem) == (3, 2, None)
    assert second.sent == 0


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, "did not take this"),
        (400, "did not take this"),
        (302, "did not take this"),
        (401, "refuses this"),
    ],
)
def test_a_collector_that_takes_nothing_is_told_with_its_status_and_asked_again(lake, otlp, status, words):
    record(lake, [measured(1.0)])
    otlp.status = status

    problem = str(deliver(lake, OtlpSink()).problem)
    otlp.status = 200

    assert f"{words} (HTTP {status}). Metrics wait in observability/metrics." in problem
    assert deliver(lake, OtlpSink()).sent == 1
    assert otlp.has("row_count", "orders") == (1, 1.0)
