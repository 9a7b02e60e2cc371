"""The report in Dagster: made every morning, and told to people once a day, however often it is made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dataops_platform.catalog.report_assets import (
    FOLDER,
    JOB,
    SCHEDULE,
    digest,
)
from dataops_platform.core.alerting import AlertRules
from dataops_platform.definitions import build_definitions
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.layers.watch import watch
from dataops_platform.observability.alert_delivery import deliver
from dataops_platform.observability.digests import digests, record
from dataops_platform.resources.environments import read_settings
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.list_channel import ListChannel
from dataops_platform_tests.observability.remembered import NOON, Remembered, orders


@pytest.fixture
def remembered(tmp_path):
    return Remembered(DeltaLake(str(tmp_path / "lake"), EmbeddedEngine()), orders())


def test_the_report_is_made_every_morning_where_sensors_run(shipped_tables):
    for switch, status in (("off", "STOPPED"), ("on", "RUNNING")):
        made = build_definitions(read_settings({"DATAOPS_SENSORS": switch}), shipped_tables)
        schedule = made.resolve_schedule_def(SCHEDULE)
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "UTC")
        assert schedule.default_status.value == status


@pytest.mark.integration
def test_a_morning_that_comes_twice_is_told_once(platform_of, shipped_tables):
    small = platform_of(shipped_tables)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    small.land("customers", yesterday, "customer_id,name\nsecret-person,Ann\nsecret-person,Bob\n")
    small.sync()
    job = small.definitions().resolve_job_def(JOB)
    channel = ListChannel()

    made = [job.execute_in_process(instance=small.instance) for _ in range(2)]
    platform = replace(small.ports, channels=(channel,))
    for _ in range(2):
        assert watch(platform, small.instance, datetime.now(UTC)) == []

    told = [message for message in channel.found if message.title.startswith("Data quality of ")]
    assert len(told) == 1
    assert "customers (team:customer-analytics): late" in told[0].body
    assert f"refused {yesterday}" in told[0].body
    page = small.ports.lake_store.read(f"{FOLDER}data_quality_report.html") or b""
    assert b"silver/customers" in page
    assert b"secret-person" not in page + told[0].body.encode()
    [first], [again] = (one.asset_materializations_for_node("catalog__quality") for one in made)
    assert (first.metadata["digest_is_new"].value, again.metadata["digest_is_new"].value) == (True, False)
    assert "| silver/customers |" in first.metadata["picture"].value
    assert first.metadata["incidents"].value == "None is open."  # nobody had looked before
    later = job.execute_in_process(instance=small.instance)
    [third] = later.asset_materializations_for_node("catalog__quality")
    assert third.metadata["incidents"].value.startswith("- customers: refused, late, since ")


def told(remembered, now=NOON):
    return digest(remembered.report(), now)


def test_a_digest_says_who_is_needed_and_what_began_since_yesterday(remembered):
    remembered.judged(7, 8)
    remembered.judged(8, held=9, message="orders of 2026-03-08 was refused.")
    remembered.incident("refused")

    found = told(remembered)

    assert found.title == (
        "Data quality of 2026-03-09 (test): 1 table needs people, 1 date refused, 1 open incident"
    )
    assert found.body.split("\n")[:2] == [
        "orders (team:sales): refused 2026-03-08",
        "Since yesterday: 1 incident began (orders), 0 ended.",
    ]


def test_a_channel_that_was_down_gets_the_newest_digest_and_no_stale_one(remembered):
    channel, rules = ListChannel(), AlertRules()
    channel.is_up = False
    for days in range(3):
        now = NOON + timedelta(days=days)
        record(remembered.lake, told(remembered, now))
        assert deliver(remembered.lake, channel, rules, now) == "List is away."
    channel.is_up = True

    for hours in (49, 50):
        deliver(remembered.lake, channel, rules, NOON + timedelta(hours=hours))

    assert [one.title.split(" ")[3] for one in channel.found] == ["2026-03-11"]
    new = ListChannel()
    new.name = "new"
    deliver(remembered.lake, new, rules, NOON + timedelta(days=9))
    assert new.found == []


def test_two_who_write_the_digest_of_a_day_at_the_same_time_tell_one(remembered):
    first, second = told(remembered), told(remembered, NOON + timedelta(seconds=1))
    assert record(remembered.lake, second)
    assert not record(remembered.lake, first)

    other = DeltaLake(remembered.lake.url, EmbeddedEngine())
    other.append("observability/digests", remembered.lake.records("observability/digests"))

    assert len(digests(remembered.lake)) == 1
