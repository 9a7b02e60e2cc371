"""Metrics on their way out: a sink that was away catches up, and has nothing twice that it had answered for."""

from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dataops_platform.core.measurement import Measurement
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.observability.metric_delivery import deliver
from dataops_platform.observability.metrics import record
from dataops_platform.resources.cloudwatch import MOST_BYTES, MOST_METRICS, CloudWatchSink, batches

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


def measured(value, *, of="orders", layer="silver", metric="row_count", ago=timedelta(0)):
    """A number of a partition, measured some time ago by a run of its own."""
    at = NOW - ago
    return Measurement(of, layer, date(2026, 3, 2), metric, value, f"run of {at}", at)


class ListSink:
    """Keeps what it is sent; answers only while it `is_up`."""

    name = "list"

    def __init__(self):
        self.found, self.is_up = [], True

    def send(self, found):
        if not self.is_up:
            raise Unreachable("List is away.")
        self.found += found
        return 0


def test_a_sink_is_sent_every_number_once(lake):
    sink = ListSink()
    record(lake, [measured(1.0), measured(2.0, metric="bytes")])
    deliver(lake, sink)
    record(lake, [measured(3.0, ago=timedelta(hours=1))])

    done = deliver(lake, sink)
    again = deliver(lake, sink)

    assert (done.sent, again.sent, done.problem) == (1, 0, None)
    assert [one.value for one in sink.found] == [1.0, 2.0, 3.0]


def test_a_sink_that_was_down_for_hours_catches_up_oldest_first(lake):
    sink = ListSink()
    sink.is_up = False
    for hours in (3, 2, 1):
        record(lake, [measured(float(hours), ago=timedelta(hours=hours))])
        assert deliver(lake, sink).problem == "List is away."
    sink.is_up = True

    deliver(lake, sink)

    assert [one.value for one in sink.found] == [3.0, 2.0, 1.0]


def test_each_sink_has_receipts_of_its_own(lake):
    first, second = ListSink(), ListSink()
    second.name = "other"
    record(lake, [measured(1.0)])

    deliver(lake, first)
    deliver(lake, second)

    assert first.found == second.found != []


def test_a_sink_that_fails_midway_is_not_sent_again_what_it_had_taken(lake):
    class TwoOnly(ListSink):
        def send(self, found):
            self.is_up = len(self.found) < 2_000
            return super().send(found)

    sink = TwoOnly()
    for minutes in range(3):
        record(lake, [measured(float(n), ago=timedelta(minutes=9 - minutes)) for n in range(1_000)])

    done = deliver(lake, sink)

    assert (done.sent, done.problem) == (2_000, "List is away.")
    back = ListSink()
    deliver(lake, back)
    assert len(sink.found) == 2_000
    assert len(back.found) == 1_000


def test_delivery_stops_when_its_time_is_over(lake):
    sink = ListSink()
    record(lake, [measured(1.0)])

    assert deliver(lake, sink, is_over=lambda: True).sent == 0
    assert deliver(lake, sink).sent == 1


@pytest.fixture
def cloudwatch(monkeypatch):
    """A CloudWatch on this machine; the client of it that a reader has."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    client = boto3.client("cloudwatch", endpoint_url=f"http://{host}:{port}")
    yield client
    server.stop()


def statistics(client, metric, table):
    """What CloudWatch has of a table's metric today and yesterday: sum and number of samples."""
    found = client.get_metric_statistics(
        Namespace="DataOps",
        MetricName=metric,
        Dimensions=[{"Name": "Table", "Value": table}],
        StartTime=NOW - timedelta(days=1),
        EndTime=NOW + timedelta(hours=1),
        Period=172_800,
        Statistics=["Sum", "SampleCount"],
    )
    return [(one["Sum"], one["SampleCount"]) for one in found["Datapoints"]]


@pytest.mark.integration
def test_cloudwatch_has_every_number_of_more_than_one_call(lake, cloudwatch):
    record(lake, [measured(float(n), metric=f"c{n:04}_null_pct") for n in range(MOST_METRICS + 5)])

    done = deliver(lake, CloudWatchSink())

    assert (done.sent, done.kept_back, done.problem) == (MOST_METRICS + 5, 0, None)
    assert statistics(cloudwatch, "c0007_null_pct", "orders") == [(7.0, 1.0)]
    assert statistics(cloudwatch, f"c{MOST_METRICS + 4:04}_null_pct", "orders") == [(MOST_METRICS + 4, 1.0)]


@pytest.mark.integration
def test_cloudwatch_is_kept_from_what_it_would_not_take_and_never_asked_again(lake, cloudwatch):
    record(
        lake,
        [
            measured(1.0),
            measured(2.0, layer="bronze"),
            measured(float("nan"), metric="bytes"),
            measured(4.0, metric="old", ago=timedelta(days=14)),
        ],
    )

    first, second = deliver(lake, CloudWatchSink()), deliver(lake, CloudWatchSink())

    assert (first.sent, first.kept_back) == (1, 3)
    assert (second.sent, second.kept_back) == (0, 0)
    assert statistics(cloudwatch, "row_count", "orders") == [(1.0, 1.0)]
    assert not statistics(cloudwatch, "old", "orders")


def test_a_cloudwatch_that_does_not_answer_is_a_problem_told_and_no_error(lake, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    record(lake, [measured(1.0)])

    done = deliver(lake, CloudWatchSink())

    assert done.sent == 0
    assert done.problem is not None
    assert "CloudWatch did not take this (EndpointConnectionError)" in done.problem
    assert "wait in observability/metrics" in done.problem


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
