"""The inbox: whatever happens to messages and objects, the raw zone has each landed version once, and no more."""

import json
from datetime import timedelta

import pytest

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.landing.announced import Fate
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.sqs_queue import REASON
from dataops_platform_tests.landing import s3_events
from dataops_platform_tests.landing.announcing import DAY, KEY, Impatient, announcing
from dataops_platform_tests.landing.s3_events import s3_event, sns_message

pytestmark = pytest.mark.integration
OTHER = f"customers/dt={DAY}/other.csv"
AT_ONCE = timedelta()


@pytest.fixture
def world(aws, tmp_path):
    return announcing(aws, tmp_path / "lake")


def reasons(world):
    return [message["MessageAttributes"][REASON]["StringValue"] for message in world.aws.received(world.dead)]


def test_a_landed_object_is_in_the_raw_zone_as_a_listing_would_put_it_there(world):
    world.land("id\n1\n", f"customers/dt={DAY}/a b+ü.csv")

    done = world.receive()
    received = world.raw
    for file in world.lake.rglob("*.*"):
        file.unlink()
    world.look_through()

    assert done.fates == {Fate.COPIED: 1}
    assert received == world.raw
    assert len(received) == 2
    assert world.left == 0


def test_the_test_event_that_comes_first_is_ignored(world):
    done = world.receive()

    assert (done.messages, done.ignored, done.dead_letters, world.left) == (1, 1, [], 0)
    assert world.raw == {}


def test_a_message_that_comes_twice_changes_nothing(world):
    world.land("id\n1\n")
    world.receive()
    before = world.raw
    world.s3.reads.clear()
    world.send(s3_event(KEY, bucket=world.bucket), sns_message(s3_event(KEY, bucket=world.bucket)))

    done = world.receive()

    assert done.fates == {Fate.KNOWN: 1}
    assert (world.raw, world.left, world.s3.reads) == (before, 0, [])


def test_an_object_named_by_many_messages_at_once_is_read_once(world):
    world.land("id\n1\n")
    world.send(*[s3_event(KEY, bucket=world.bucket)] * 9)

    done = world.receive()

    assert world.s3.reads == [KEY]
    assert (world.bodies, world.left) == (["id\n1\n"], 0)
    assert done.messages == 11


def test_a_message_that_comes_late_finds_what_the_listing_found_before(world):
    world.land("id\n1\n")
    world.look_through()
    before = world.raw

    done = world.receive()

    assert (done.fates, world.raw, world.left) == ({Fate.KNOWN: 1}, before, 0)


def test_what_messages_missed_is_found_by_the_listing(world):
    world.land("id\n1\n")
    world.aws.sqs.purge_queue(QueueUrl=world.url)

    assert world.receive().messages == 0
    assert len(world.look_through().copied) == 1
    assert world.bodies == ["id\n1\n"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("what?", "is no JSON"),
        ('{"Records": [{"eventSource": "aws:s3"}]}', "names no event"),
        (json.dumps(s3_event(KEY, bucket="somebody-elses")), "in another bucket"),
    ],
)
def test_a_message_nobody_can_do_anything_with_is_a_dead_letter_and_the_others_are_done(world, body, reason):
    world.land("id\n1\n")
    world.send(body)

    done = world.receive()

    [told] = reasons(world)
    [(_, shown)] = done.dead_letters
    assert reason in told
    assert told == shown
    assert told in done.told
    assert (world.bodies, world.left) == (["id\n1\n"], 0)


def test_of_a_message_that_is_half_understood_the_sound_half_is_done(world):
    world.land("id\n1\n")
    event = s3_event(KEY, bucket=world.bucket)
    event["Records"].append({"eventSource": "aws:s3"})
    world.aws.sqs.purge_queue(QueueUrl=world.url)
    world.send(event)

    world.receive()

    assert (world.bodies, len(reasons(world)), world.left) == (["id\n1\n"], 1, 0)


def test_a_message_the_dead_letters_do_not_take_stays_and_is_told(world):
    class Full(Impatient):
        def bury(self, *_told):
            return False

    world.send("what?")

    done = world.receive(queue=Full(world.url, world.aws.sqs))

    assert [reason for _, reason in done.unmoved] == ["the message is no JSON"]
    assert "not moved to the dead letters" in done.told
    assert world.left == 1


def test_what_belongs_to_no_table_or_no_partition_is_done_with_and_left_where_it_is(world):
    for key in ("notes.txt", "unknown/a.csv", "customers/", f"products/dt={DAY}/a.xlsx"):
        world.land("x", key)
    for key in ("customers/dt=2025-12-31/a.csv", "customers/dt=9999-01-01/a.csv"):
        world.land("x", key)

    done = world.receive()

    assert done.fates == {Fate.FOREIGN: 4, Fate.OUTSIDE: 2}
    assert (world.raw, world.left, reasons(world)) == ({}, 0, [])


class Crash(Exception):
    """The process is gone."""


def test_a_crash_between_copy_and_delete_brings_the_message_again_and_doubles_nothing(world):
    class Crashing(Impatient):
        def delete(self, _messages):
            raise Crash

    world.land("id\n1\n")
    with pytest.raises(Crash):
        world.receive(queue=Crashing(world.url, world.aws.sqs, hidden=AT_ONCE))
    before = world.raw

    assert (len(before), world.left) == (2, 2)

    done = world.receive()

    assert done.fates == {Fate.KNOWN: 1}
    assert (world.raw, world.left) == (before, 0)


def test_a_crash_between_object_and_companion_is_finished_when_the_message_comes_again(world):
    world.land("id\n1\n")
    world.receive()
    whole = world.raw
    [companion] = world.lake.rglob(f"*{METADATA_SUFFIX}")
    companion.unlink()
    world.send(s3_event(KEY, bucket=world.bucket))

    done = world.receive()

    assert done.fates == {Fate.COPIED: 1}
    assert world.raw == whole


def test_a_message_that_comes_to_a_second_receiver_while_the_first_is_slow_doubles_nothing(world):
    world.land("id\n1\n")

    def slow():
        world.s3.before_read.clear()
        assert world.receive().fates == {Fate.COPIED: 1}

    world.s3.before_read[KEY] = slow
    done = world.receive(queue=world.queue(hidden=AT_ONCE))

    assert done.fates == {Fate.COPIED: 1}
    assert (len(world.raw), world.left, done.undeleted) == (2, 0, 0)


def test_a_message_that_cannot_be_deleted_is_told_and_known_when_it_comes_again(world):
    class Sticky(Impatient):
        def delete(self, messages):
            return list(messages)

    world.land("id\n1\n")
    done = world.receive(queue=Sticky(world.url, world.aws.sqs))

    assert (done.undeleted, world.left) == (2, 2)
    assert "2 not deleted" in done.told


def test_time_that_is_over_leaves_the_rest_in_the_queue(world):
    world.land("id\n1\n")

    done = world.inbox().empty_into(RawDates(RawZone(FolderStore(world.lake))), is_over=lambda: True)

    assert (done.messages, world.left, world.raw) == (0, 2, {})


def test_many_messages_are_all_done_in_one_pass(world):
    for number in range(25):
        world.land(f"id\n{number}\n", f"customers/dt={DAY}/{number}.csv")
    world.send(*[s3_event(f"customers/dt={DAY}/{number}.csv", bucket=world.bucket) for number in range(25)])

    done = world.receive()

    assert done.messages >= 51, "one may come twice"
    assert len(world.bodies) == 25
    assert done.fates[Fate.COPIED] == 25
    assert (world.left, done.dead_letters) == (0, [])


def test_only_the_first_and_the_last_look_wait_for_messages_and_each_of_them_alone(world, monkeypatch):
    waits, receive = [], Impatient.receive

    def noted(queue, wait):
        waits.append(wait.total_seconds())
        return receive(queue, wait)

    monkeypatch.setattr(Impatient, "receive", noted)
    for number in range(25):
        world.land(f"id\n{number}\n", f"customers/dt={DAY}/{number}.csv")

    world.receive()

    assert (waits[0], waits[-1]) == (1.0, 1.0)
    assert set(waits[1:-1]) == {0.0}


def test_a_pass_lists_the_raw_zone_only_on_the_dates_that_messages_speak_of(world):
    class Told(FolderStore):
        listed = []  # noqa: RUF012  # of this test alone

        def objects(self, prefix="", *, after=""):
            self.listed.append(prefix.rpartition("ingestion_date=")[2])
            return super().objects(prefix, after=after)

    world.land("id\n1\n", "customers/dt=2026-01-07/a.csv")
    world.land("id\n1\n")
    world.receive()
    world.send(s3_event(KEY, bucket=world.bucket))

    done = world.inbox().empty_into(RawDates(RawZone(Told(world.lake))))

    assert (done.fates, Told.listed) == ({Fate.KNOWN: 1}, ["2026/01/02/"])


def test_no_key_and_no_contents_are_in_what_is_told(world):
    world.land("id\n1\n", "customers/secret-word.csv")
    world.send('{"secret-word": 1}', s3_event("customers/secret-word.csv", bucket="other-secret-word"))

    done = world.receive()

    assert "secret-word" not in " ".join([done.told, *done.lines, *reasons(world)])
    assert len(done.dead_letters) == 2


def test_the_test_event_of_s3_is_as_aws_sends_it(world):
    [message] = world.aws.received(world.url)

    assert json.loads(message["Body"])["Event"] == s3_events.test_event()["Event"]
