"""The watch: what is wrong is told once with its cause and its end, and nothing that is down stops anything."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count

import dagster as dg
import pytest

from dataops_platform.core.measurement import Measurement
from dataops_platform.definitions import build_definitions
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.layers import silver
from dataops_platform.layers.watch import incident_sensor, watch
from dataops_platform.observability.incidents import SETTLES_IN
from dataops_platform.observability.metrics import record
from dataops_platform.resources.environments import read_settings
from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.list_channel import ListChannel

pytestmark = pytest.mark.integration

SOUND, REFUSED = "customer_id,name\nc1,Ann\n", "customer_id,name\nsecret-person,Ann\nsecret-person,Bob\n"


class ListSink:
    """The same for metrics."""

    name = "list"

    def __init__(self, *, is_up=True):
        self.found, self.is_up = [], is_up

    def send(self, found):
        if not self.is_up:
            raise Unreachable("List is away.")
        self.found += found
        return 0


@pytest.fixture
def watched(platform_of, shipped_tables):
    """A platform, and what looks at it a minute after noon of a day in January: what its people hear."""
    small = platform_of(shipped_tables)
    channel, seconds = ListChannel(), count()

    def look(number, later=timedelta(0), **ports):
        now = datetime.combine(day(number), time(12, 1, next(seconds)), UTC) + later
        before = len(channel.found)
        told = watch(replace(small.ports, **{"channels": (channel,), **ports}), small.instance, now)
        assert told == []
        return channel.found[before:]

    return small, look


def land_daily(small, *numbers, text=SOUND):
    for number in numbers:
        small.land("customers", day(number), text)


def test_of_a_lake_without_anything_there_is_nothing_to_tell(watched):
    _, look = watched

    assert look(3) == []


def test_a_refused_date_is_told_once_without_values_and_its_end_too(watched):
    small, look = watched
    land_daily(small, 1, 3)
    small.land("customers", day(2), REFUSED)
    small.sync()

    [message] = look(3)
    assert message.title == "customers: refused"
    assert "customers of 2026-01-02 was refused: 1 key (customer_id) occurs more than once" in message.body
    assert "Dates: 2026-01-02" in message.body
    assert small.instance.get_runs()[-1].run_id in message.body
    assert "secret-person" not in message.body
    assert look(3) == []

    land_daily(small, 2)
    small.sync()
    assert look(3) == []
    [over] = look(3, later=SETTLES_IN)
    assert over.title == "Recovered: customers: refused"


def test_a_table_is_late_when_its_next_date_is_overdue_and_a_backfill_does_not_help(watched):
    small, look = watched
    land_daily(small, 3)
    small.sync()
    assert look(4, later=-timedelta(minutes=2)) == []

    [message] = look(4)
    assert message.title == "customers: late"
    assert "The last one is 2026-01-03" in message.body
    assert "Since: 2026-01-04 12:00 UTC" in message.body

    land_daily(small, 1)
    small.sync()
    assert look(4, later=SETTLES_IN) == []
    assert look(4, later=3 * SETTLES_IN) == []


def test_a_step_that_fails_is_told_with_its_run_and_is_over_after_a_run_that_does_not(watched, monkeypatch):
    small, look = watched
    land_daily(small, 3)
    with monkeypatch.context() as broken:

        def publish(*_, **__):
            raise EnvironmentProblem("The disk is full.")

        broken.setattr(silver, "publish", publish)
        small.sync()

    early = -timedelta(hours=1)
    [message] = look(3, later=early)
    assert message.title == "customers: failed"
    assert "The silver step failed. The disk is full." in message.body
    assert f"Run: {small.instance.get_runs()[0].run_id}" in message.body

    small.sync()
    look(3, later=early)
    assert [one.title for one in look(3, later=early + SETTLES_IN)] == ["Recovered: customers: failed"]


def test_a_number_that_is_twice_as_high_as_usual_is_told_with_a_guess_at_its_cause(watched):
    small, look = watched
    past = [
        Measurement(
            "customers",
            "silver",
            day(1) - timedelta(days=ago),
            "row_count",
            100.0 + ago % 5,
            "old",
            datetime(2026, 1, 1, tzinfo=UTC),
        )
        for ago in range(1, 61)
    ]
    record(small.ports.lake, past)
    rows = "".join(f"c{number},Ann\n" for number in range(204))
    land_daily(small, 1, text=f"customer_id,name\n{rows}")
    small.sync()

    [message] = look(1)

    assert message.title == "customers: unusual"
    assert "row_count is 204;" in message.body
    assert "may have written the same rows twice" in message.body


def test_whatever_is_down_is_said_and_stops_nothing(watched):
    small, _ = watched
    land_daily(small, 3, text=REFUSED)
    small.sync()
    away, up, sink = ListChannel(is_up=False), ListChannel(), ListSink(is_up=False)
    away.name = "away"
    ports = replace(small.ports, channels=(away, up), metric_sinks=(sink,))
    now = datetime(2026, 1, 3, 12, tzinfo=UTC)

    assert watch(ports, small.instance, now) == ["List is away.", "List is away."]
    assert [message.title for message in up.found] == ["customers: refused"]

    away.is_up = sink.is_up = True
    assert watch(ports, small.instance, now) == []
    assert [message.title for message in away.found] == ["customers: refused"]
    assert {one.metric for one in sink.found} >= {"row_count", "processing_time", "error_count"}
    assert len(up.found) == 1


def test_the_sensor_says_what_it_could_not_deliver_and_starts_no_run(watched, shipped_tables):
    small, _ = watched
    land_daily(small, 3, text=REFUSED)
    small.sync()
    channel = ListChannel(is_up=False)
    look = incident_sensor()

    def tick():
        ports = replace(small.ports, channels=(channel,))
        with dg.build_sensor_context(instance=small.instance, resources={"platform": ports}) as context:
            return look.evaluate_tick(context).skip_message

    assert tick() == "List is away."
    channel.is_up = True
    assert tick() == "Everybody has been told everything."
    assert [message.title for message in channel.found] == ["customers: refused, late"]
    definitions = build_definitions(read_settings({}), shipped_tables)
    assert definitions.resolve_sensor_def("incident_sensor").minimum_interval_seconds == 60
