"""Metrics on their way out: a sink that was away catches up, and has nothing twice that it had answered for."""

from datetime import timedelta

from dataops_platform.errors import Unreachable
from dataops_platform.observability.metric_delivery import deliver
from dataops_platform.observability.metrics import record
from dataops_platform_tests.observability.metric_services import measured


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
