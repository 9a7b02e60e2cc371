"""The sensor of notifications: what they name reaches gold, once, whoever else looks at the same time."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest

from dataops_platform.core.platform import Platform
from dataops_platform.definitions import build_definitions
from dataops_platform.errors import Unreachable
from dataops_platform.layers.executor import execute
from dataops_platform.layers.queue_sensor import notification_sensor
from dataops_platform.layers.sensors import landing_sensor
from dataops_platform.resources.environments import Settings
from dataops_platform.resources.object_heads import S3Heads
from dataops_platform_tests.landing.announcing import Impatient, announcing
from dataops_platform_tests.landing.s3_events import s3_event
from dataops_platform_tests.layers.small_platform import FIRST_DATE

pytestmark = pytest.mark.integration
CUSTOMERS = "customer_id,name,signup_region\n"
DAY = date(2026, 1, 2)
KEY = f"customers/dt={DAY}/a.csv"


@pytest.fixture
def small(platform_of, shipped_tables):
    return platform_of(shipped_tables)


@pytest.fixture
def world(aws, small):
    return announcing(aws, small.folder / "lake")


@pytest.fixture
def platform(small, world):
    """A platform whose landing area is a bucket that announces what lands."""
    heads = S3Heads(world.landing)
    return replace(small.ports, landing=world.landing, notifications=world.queue(), landing_heads=heads)


@dataclass
class Ticks:
    """Ticks one after the other; the cursor is kept between them, as Dagster's daemon does."""

    instance: dg.DagsterInstance
    platform: Platform
    definitions: dg.Definitions
    cursor: str | None = None

    def __call__(self, sensor: dg.SensorDefinition | None = None, **changes: Any) -> Any:
        """One tick of the sensor of notifications, or of another."""
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            resources={"platform": replace(self.platform, **changes)},
            definitions=self.definitions,
        )
        answer = (sensor or notification_sensor()).evaluate_tick(context)
        if sensor is None:
            self.cursor = answer.cursor
        return answer


@pytest.fixture
def tick(small, platform):
    return Ticks(small.instance, platform, small.definitions(platform))


@pytest.fixture
def run(small, platform):
    """Executes what a tick asked for."""

    def one(answer):
        [asked] = answer.run_requests
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        execute(small.job(platform), asked, small.instance, run_config=quiet)
        return asked

    return one


def range_of(asked):
    return [asked.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end")]


def test_what_a_notification_names_reaches_gold(world, small, tick, run):
    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)

    asked = run(tick())

    assert range_of(asked) == ["2026-01-02", "2026-01-02"]
    assert small.column("gold/customer_360", "customer_id") == ["c1"]
    assert world.left == 0
    assert "everything that landed has reached gold" in tick().skip_message


def test_without_messages_nothing_is_asked_for_and_that_is_said(tick):
    tick()

    answer = tick()

    assert answer.skip_message.startswith("0 messages; everything that landed")


def test_a_message_is_deleted_though_its_run_fails_and_the_run_is_asked_for_again(world, tick):
    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)
    first = tick()

    again = tick()

    assert world.left == 0
    assert range_of(again.run_requests[0]) == range_of(first.run_requests[0])


def test_while_a_run_is_under_way_objects_are_copied_and_the_next_tick_asks_for_theirs(world, small, tick):
    tick()
    under_way = small.instance.create_run_for_job(small.job(), status=dg.DagsterRunStatus.STARTED)
    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)

    busy = tick()
    still_busy = tick()
    small.instance.report_run_failed(under_way)
    free = tick()

    assert "1 copied; a run is under way" in busy.skip_message
    assert "a run is under way" in still_busy.skip_message
    assert range_of(free.run_requests[0]) == ["2026-01-02", "2026-01-02"]


def test_a_late_file_refreshes_all_later_snapshots_in_the_same_run_though_one_date_was_looked_at(
    world, small, tick, run
):
    world.land(CUSTOMERS + "c1,Ana,SP\n", "customers/dt=2026-01-05/a.csv")
    run(tick())
    tick()
    world.land(CUSTOMERS + "c2,Bo,RJ\n", "customers/dt=2026-01-03/a.csv")

    asked = run(tick())

    assert range_of(asked) == ["2026-01-03", "2026-01-05"]
    assert small.column("gold/customer_360", "customer_id", date(2026, 1, 5)) == ["c1", "c2"]
    assert tick().skip_message


def test_a_tick_lists_only_the_dates_that_are_new_or_not_done(world, platform, tick, run, monkeypatch):
    world.land(CUSTOMERS + "c1,Ana,SP\n", "customers/dt=2026-01-05/a.csv")
    run(tick())
    tick()
    listed = []
    store = type(platform.lake_store)
    objects = store.objects

    def told(self, prefix=""):
        listed.append(prefix)
        return objects(self, prefix)

    monkeypatch.setattr(store, "objects", told)

    idle = tick()
    assert (idle.skip_message is not None, listed) == (True, [])

    world.land(CUSTOMERS + "c2,Bo,RJ\n", KEY)
    tick()
    assert [prefix.rpartition("ingestion_date=")[2] for prefix in listed] == ["2026/01/02/"]


@pytest.mark.parametrize("lost", [None, "", "nonsense", "[1]", "{}x"])
def test_a_cursor_that_is_lost_makes_the_tick_look_at_everything(world, tick, lost):
    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)
    tick()
    tick.cursor = lost

    assert range_of(tick().run_requests[0]) == ["2026-01-02", "2026-01-02"]


def test_very_many_dates_are_not_kept_in_the_cursor(platform, tick):
    from dataops_platform.core.landed_object import METADATA_SUFFIX

    for number in range(101):
        day = date(2026, 1, 1) + timedelta(number)
        name = f"{day:%Y%m%d}T120000Z.customers.0123456789ab01234567_a.csv"
        key = f"bronze/source=x/ingestion_date={day:%Y/%m/%d}/{name}"
        platform.lake_store.create(key, b"x")
        platform.lake_store.create(key + METADATA_SUFFIX, b"{}")

    assert tick().run_requests
    assert tick.cursor == ""


def test_what_both_sensors_see_is_in_bronze_once(world, small, tick, run):
    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)
    world.aws.sqs.purge_queue(QueueUrl=world.url)
    asked = tick(landing_sensor())
    world.send(s3_event(KEY, bucket=world.bucket))

    same = tick()
    run(asked)
    run(same)

    assert (small.column("bronze/customers", "customer_id"), world.left) == (["c1"], 0)
    assert small.column("gold/customer_360", "customer_id") == ["c1"]
    assert len(small.ports.lake.history("bronze/customers")) == 2  # it was made, and written to


def test_what_notifications_missed_is_found_by_the_landing_sensor(world, small, tick, run):
    tick()
    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)
    world.aws.sqs.purge_queue(QueueUrl=world.url)

    assert tick().skip_message.startswith("0 messages")
    run(tick(landing_sensor()))

    assert small.column("silver/customers", "customer_id") == ["c1"]


def test_a_crash_before_the_message_is_deleted_doubles_nothing(world, small, tick, run):
    class Crashing(Impatient):
        def delete(self, _messages):
            raise KeyboardInterrupt

    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)
    with pytest.raises(KeyboardInterrupt):
        tick(notifications=Crashing(world.url, world.aws.sqs, hidden=timedelta()))

    run(tick())

    assert (small.column("bronze/customers", "customer_id"), world.left) == (["c1"], 0)


def test_a_dead_letter_is_shown_in_dagster_with_its_reason_and_none_of_its_contents(world, tick):
    tick()
    world.send('{"secret-word": 1}')

    message = tick().skip_message

    assert "1 dead letters: the message is JSON, but no event of S3, SNS or EventBridge (1)" in message
    assert "secret-word" not in message
    assert world.aws.waiting(world.dead) == 1


def test_a_dead_letter_beside_sound_messages_is_a_tag_of_the_run_that_is_asked_for(world, tick):
    world.land(CUSTOMERS + "c1,Ana,SP\n", KEY)
    world.send("what?")

    [asked] = tick().run_requests

    assert "1 dead letters: the message is no JSON" in asked.tags["dataops/notifications"]


def test_a_queue_that_does_not_answer_fails_the_tick_with_a_sentence(world, tick):
    class Silent(Impatient):
        def receive(self, _wait):
            raise Unreachable("SQS did not answer.")

    with pytest.raises(dg.Failure, match=r"SQS did not answer\."):
        tick(notifications=Silent(world.url, world.aws.sqs))


def test_a_platform_without_a_queue_says_what_to_set(tick):
    with pytest.raises(dg.Failure, match="Set DATAOPS_QUEUE_URL"):
        tick(notifications=None)


@pytest.mark.parametrize(("url", "there"), [("", False), ("https://sqs.x.amazonaws.com/1/landed", True)])
def test_the_sensor_exists_where_a_queue_is_named_and_only_there(shipped_tables, url, there):
    settings = Settings("test", "embedded", "s3://landing", "s3://lake", FIRST_DATE, queue_url=url)

    names = {sensor.name for sensor in build_definitions(settings, shipped_tables).sensors or ()}

    assert "landing_sensor" in names
    assert ("notification_sensor" in names) is there
