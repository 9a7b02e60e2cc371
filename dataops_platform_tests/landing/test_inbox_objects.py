"""The inbox and objects in trouble: overwritten, deleted, refused; the raw zone ends in what landed all the same."""

from datetime import timedelta
from itertools import permutations

import pytest

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.landing.announced import Fate
from dataops_platform.landing.inbox import MOST_DELIVERIES
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.sqs_queue import REASON
from dataops_platform_tests.landing.announcing import DAY, KEY, announcing
from dataops_platform_tests.landing.s3_events import s3_event

pytestmark = pytest.mark.integration
OTHER = f"customers/dt={DAY}/other.csv"
AT_ONCE = timedelta()


@pytest.fixture
def world(aws, tmp_path):
    return announcing(aws, tmp_path / "lake")


def reasons(world):
    return [message["MessageAttributes"][REASON]["StringValue"] for message in world.aws.received(world.dead)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_messages_in_any_order_end_in_what_the_key_holds_last(world, order):
    """Written, deleted, written again: each told in a pass of its own, after all of it has happened."""
    world.aws.sqs.purge_queue(QueueUrl=world.url)
    world.land("id\n1\n")
    world.remove()
    world.land("id\n1\n2\n")
    told = [message["Body"] for message in world.aws.received(world.url)]

    for number in order:
        world.send(told[number])
        world.receive()

    assert (world.bodies, world.left) == (["id\n1\n2\n"], 0)


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_an_object_that_is_deleted_before_it_is_copied_is_done_with(world, order):
    world.aws.sqs.purge_queue(QueueUrl=world.url)
    world.land("id\n1\n")
    world.remove()
    told = [message["Body"] for message in world.aws.received(world.url)]
    assert len(told) == 2

    for number in order:
        world.send(told[number])
        done = world.receive()
        assert set(done.fates) <= {Fate.GONE}

    assert (world.raw, world.left, reasons(world)) == ({}, 0, [])


def test_a_deletion_told_with_the_creation_before_it_costs_no_look(world):
    world.s3.forbidden.add(KEY)  # whoever looked would be refused
    world.send(
        s3_event(KEY, bucket=world.bucket, event="ObjectRemoved:Delete", sequencer="0C2"),
        s3_event(KEY, bucket=world.bucket, sequencer="0C1"),
    )

    done = world.receive()

    assert (done.fates, world.left) == ({}, 0)


def test_an_object_that_is_overwritten_between_look_and_copy_is_copied_as_it_is_then(world):
    world.land("id\n1\n")
    world.receive()
    world.land("id\n1\n2\n", OTHER)

    def overwrite():
        world.s3.before_read.clear()
        world.land("id\n1\n2\n3\n", OTHER)

    world.s3.before_read[OTHER] = overwrite
    world.receive()

    assert world.bodies == ["id\n1\n", "id\n1\n2\n3\n"]
    assert world.left == 0


def test_an_object_that_is_deleted_between_look_and_copy_is_done_with(world):
    world.land("id\n1\n")
    world.s3.before_read[KEY] = world.remove

    done = world.receive()

    assert done.fates == {Fate.GONE: 1}
    assert (world.raw, world.left) == ({}, 0)


def test_an_object_that_never_stops_changing_is_left_for_later_and_no_dead_letter(world):
    world.land("0")
    world.aws.sqs.purge_queue(QueueUrl=world.url)
    world.send(s3_event(KEY, bucket=world.bucket))
    texts = iter(range(1, 100))
    world.s3.before_read[KEY] = lambda: world.aws.s3.put_object(
        Bucket=world.bucket, Key=KEY, Body=b"x" * next(texts)
    )

    done = world.receive_once()

    assert done.fates == {Fate.CHANGING: 1}
    assert (world.raw, reasons(world)) == ({}, [])
    assert world.left > 0


def test_an_object_that_is_refused_stops_no_other_and_is_tried_again(world):
    world.land("id\n1\n", KEY)
    world.land("id\n2\n", OTHER)
    world.s3.forbidden.add(KEY)

    done = world.receive(queue=world.queue(hidden=timedelta(minutes=2)))

    assert done.fates == {Fate.REFUSED: 1, Fate.COPIED: 1}
    assert (world.bodies, world.left, reasons(world)) == (["id\n2\n"], 1, [])
    assert any("s3:GetObject" in line for line in done.lines)
    assert not any(KEY in line for line in done.lines)


def test_an_object_that_is_refused_again_and_again_becomes_a_dead_letter_that_says_why(world):
    world.land("id\n1\n")
    world.receive()
    world.land("id\n2\n", OTHER)
    world.s3.forbidden.add(OTHER)

    for _ in range(MOST_DELIVERIES - 1):
        assert not world.receive_once(queue=world.queue(hidden=AT_ONCE)).dead_letters
    done = world.receive_once()

    assert (done.fates, len(done.dead_letters)) == ({Fate.REFUSED: 1}, 1)
    [reason] = reasons(world)
    assert f"refused {MOST_DELIVERIES} times" in reason
    assert "s3:GetObject" in reason
    assert world.left == 0


def test_an_object_that_may_be_looked_at_but_not_read_is_refused_too(world):
    world.land("id\n1\n")
    world.receive()
    world.land("id\n2\n", OTHER)
    world.s3.before_read[OTHER] = lambda: world.s3.get_object(Bucket="no", Key="refused")
    world.s3.forbidden.add("refused")

    done = world.receive()

    assert done.fates == {Fate.REFUSED: 1}
    assert world.left == 1


def test_where_every_object_is_refused_the_pass_fails_and_no_message_is_a_dead_letter(world):
    world.receive()
    for number in range(3):
        world.land("x", f"customers/dt={DAY}/{number}.csv")
        world.s3.forbidden.add(f"customers/dt={DAY}/{number}.csv")

    for _ in range(MOST_DELIVERIES + 1):
        with pytest.raises(EnvironmentProblem, match="s3:GetObject"):
            world.receive_once(queue=world.queue(hidden=AT_ONCE))

    assert (world.left, reasons(world)) == (3, [])


class ReadOnlyLake(FolderStore):
    """A lake that refuses whatever is written."""

    def create(self, *_told):
        raise EnvironmentProblem("The lake is full.")


def test_what_the_lake_refuses_is_no_objects_fault(world):
    world.land("id\n1\n")
    inbox = world.inbox()
    ingest = inbox.announced.ingest
    broken = type(ingest)(ingest.landing, ReadOnlyLake(world.lake), ingest.tables, ingest.is_partition)

    with pytest.raises(EnvironmentProblem, match="lake is full"):
        world.receive(announced=type(inbox.announced)(broken, inbox.announced.heads))

    assert (world.left, reasons(world)) == (2, [])


def test_while_s3_does_not_answer_messages_stay_and_later_all_is_done(world):
    world.land("id\n1\n")
    world.s3.is_down = True

    with pytest.raises(EnvironmentProblem) as problem:
        world.receive(queue=world.queue(hidden=AT_ONCE))

    assert problem.value.is_transient
    assert (world.left, reasons(world)) == (2, [])

    world.s3.is_down = False
    world.receive()

    assert (world.bodies, world.left) == (["id\n1\n"], 0)


def test_a_server_that_stops_answering_while_an_object_is_copied_makes_nothing_of_it_the_objects_fault(world):
    def stop():
        world.s3.is_down = True
        world.s3.get_object(Bucket=world.bucket, Key=KEY)

    world.land("id\n1\n")
    world.s3.before_read[KEY] = stop

    with pytest.raises(EnvironmentProblem) as problem:
        world.receive_once(queue=world.queue(hidden=AT_ONCE))

    assert problem.value.is_transient
    assert (world.left, reasons(world)) == (2, [])
