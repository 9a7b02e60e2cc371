"""Notifications: every form of S3's words says the same, and what cannot be understood is a result, never a crash."""

import json
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataops_platform.landing.notifications import Notification, Told, latest, read_event, read_message
from dataops_platform_tests.landing import s3_events
from dataops_platform_tests.landing.s3_events import (
    BUCKET,
    KEY,
    eventbridge_event,
    s3_event,
    sns_event,
    sns_message,
)

FORMS = {
    "s3": s3_event(),
    "sns": sns_message(s3_event()),
    "sns to a function": sns_event(s3_event()),
    "eventbridge": eventbridge_event(),
    "eventbridge through sns": sns_message(eventbridge_event()),
}
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@pytest.mark.parametrize("event", FORMS.values(), ids=list(FORMS))
def test_every_form_names_the_object(event):
    told = read_message(json.dumps(event))

    assert [(each.bucket, each.key, each.is_deletion) for each in told.notifications] == [
        (BUCKET, KEY, False)
    ]
    assert all(each.sequencer for each in told.notifications)
    assert (told.ignored, told.problems) == (0, ())


@given(keys)
@example("customers/a b+c%2Bd.csv")
@example("customers/naïve 漢字 \U0001f9ee.csv")
@example("customers/100%.csv")
@example("customers/a\n%0A.csv")
def test_a_key_is_decoded_once_in_every_form(key):
    for event in (
        s3_event(key),
        sns_message(s3_event(key)),
        sns_event(s3_event(key)),
        eventbridge_event(key),
    ):
        [told] = read_message(json.dumps(event)).notifications

        assert told.key == key


def test_a_version_is_told_where_the_bucket_keeps_versions():
    for event in (s3_event(versionId="v1"), eventbridge_event(**{"version-id": "v1"})):
        assert [told.version_id for told in read_event(event).notifications] == ["v1"]
    assert [told.version_id for told in read_event(s3_event()).notifications] == [None]


@pytest.mark.parametrize(
    "event",
    [
        s3_event(event="ObjectRemoved:Delete"),
        s3_event(event="s3:ObjectRemoved:DeleteMarkerCreated"),
        s3_event(event="LifecycleExpiration:Delete"),
        eventbridge_event(kind="Object Deleted"),
    ],
)
def test_a_deletion_is_told_as_one(event):
    assert [told.is_deletion for told in read_event(event).notifications] == [True]


@pytest.mark.parametrize(
    "event",
    [
        s3_events.test_event(),
        sns_message(s3_events.test_event()),
        s3_event(event="ObjectTagging:Put"),
        s3_event(event="ObjectRestore:Completed"),
        eventbridge_event(kind="Object Tags Added"),
    ],
)
def test_what_is_about_no_contents_is_ignored_and_counted(event):
    assert read_message(json.dumps(event)) == Told(ignored=1)


def without(*path):
    """The event of S3, but for what is at `path` of its record."""
    event = s3_event()
    record = event["Records"][0]
    for name in path[:-1]:
        record = record[name]
    del record[path[-1]]
    return json.dumps(event)


MALFORMED = {
    "": "is no JSON",
    "{": "is no JSON",
    "[" * 100_000: "is no JSON",
    "[]": "JSON, but no event",
    "null": "JSON, but no event",
    '"secret-word"': "JSON, but no event",
    '{"secret-word": 1}': "no event of S3, SNS or EventBridge",
    '{"Records": []}': "holds no record",
    '{"Records": ["secret-word"]}': "a record is no object",
    '{"Records": [{"eventSource": "aws:kinesis", "data": "secret-word"}]}': "a record is none of S3",
    '{"Type": "Notification", "Message": 1}': "holds no message",
    '{"Type": "Notification", "Message": "secret-word"}': "is no JSON",
    '{"Type": "SubscriptionConfirmation", "Token": "secret-word"}': "no event of S3, SNS or EventBridge",
    '{"source": "aws.s3", "detail-type": "Object Created", "detail": "secret-word"}': "names no bucket",
    without("s3", "bucket", "name"): "names no bucket",
    without("s3", "bucket"): "names no bucket",
    without("s3", "object", "key"): "names no key",
    without("s3"): "names no bucket",
    without("eventName"): "names no event",
    without("eventSource"): "a record is none of S3",
    json.dumps(s3_event("")): "names no key",
    json.dumps(s3_event()).replace("customers", "secret-word%FF"): "no UTF-8 once decoded",
    json.dumps(s3_event()).replace("customers", "secret-word\\ud800"): "cannot be written as UTF-8",
    json.dumps(s3_event()).replace('"2.1"', '"3.0"'): "eventVersion is not 2.x",
}


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_what_cannot_be_understood_is_a_reason_without_a_word_of_its_contents(body):
    told = read_message(body)

    [problem] = told.problems
    assert MALFORMED[body] in problem
    assert "secret-word" not in problem
    assert told.notifications == ()


def test_the_sound_records_of_a_message_are_told_beside_the_one_that_is_not():
    event = s3_event()
    event["Records"] += [{"eventSource": "aws:s3"}, *s3_event("customers/b.csv")["Records"]]

    told = read_event(event)

    assert [each.key for each in told.notifications] == [KEY, "customers/b.csv"]
    assert len(told.problems) == 1


def test_a_message_that_wraps_itself_too_often_is_refused():
    event = s3_event()
    for _ in range(6):
        event = sns_message(event)

    assert "wrapped too often" in read_message(json.dumps(event)).problems[0]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Records", "s3", "object", "bucket", "key", "name", "Type", "Message", "detail"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(anything)
def test_no_json_whatever_is_an_exception(event):
    told = read_message(json.dumps(event))

    assert told.problems or told.notifications or told.ignored


@given(st.text())
def test_no_text_whatever_is_an_exception(body):
    assert isinstance(read_message(body), Told)


def versions(*sequencers, key="k"):
    return [Notification("b", key, sequencer=each) for each in sequencers]


def test_what_happened_to_a_key_last_decides_in_whatever_order_it_is_told():
    told = [
        Notification("b", "k", sequencer="0055AED6DCD90281E5"),
        Notification("b", "k", is_deletion=True, sequencer="0055AED6DCD90281E6"),
        Notification("b", "other", sequencer="0055AED6DCD90281E4"),
    ]

    for order in permutations([*told, told[0]]):
        assert set(latest(order)) == {told[1], told[2]}


def test_sequencers_of_different_length_are_compared_padded_on_the_right():
    assert latest(versions("0055AED6", "0055AED5FF")) == versions("0055AED6")
    assert latest(versions("0055AED60001", "0055AED6")) == versions("0055AED60001")


@given(st.lists(st.text("0123456789ABCDEF", min_size=1, max_size=20), min_size=1))
def test_the_last_of_many_is_the_one_that_a_padded_comparison_names(sequencers):
    width = max(map(len, sequencers))

    [last] = latest(versions(*sequencers))

    assert last.sequencer.ljust(width, "0") == max(each.ljust(width, "0") for each in sequencers)


def test_where_the_order_cannot_be_told_somebody_looks():
    created, deleted = Notification("b", "k"), Notification("b", "k", is_deletion=True, sequencer="0C")

    assert latest([created, deleted]) == latest([deleted, created]) == [created]


@pytest.mark.parametrize(("when", "same"), [("", ""), ("0C", "0C"), ("0C", "0C00"), ("0C00", "0c")])
def test_a_creation_and_a_deletion_of_the_same_moment_are_looked_at(when, same):
    created = Notification("b", "k", sequencer=when)
    deleted = Notification("b", "k", is_deletion=True, sequencer=same)

    assert latest([created, deleted]) == latest([deleted, created]) == [created]
