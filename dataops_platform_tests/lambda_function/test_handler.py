"""The function: each form of event ends in the raw zone, and each object starts its job once."""

from collections.abc import Mapping

import pytest

from dataops_platform.errors import EnvironmentProblem, NotIngested, Unreachable
from dataops_platform.lambda_function import handler as entry
from dataops_platform.lambda_function.intake import Intake
from dataops_platform_tests.landing import s3_events
from dataops_platform_tests.landing.announcing import DAY, KEY, announcing
from dataops_platform_tests.landing.s3_events import (
    eventbridge_event,
    s3_event,
    sns_event,
    sns_message,
    sqs_event,
)

pytestmark = pytest.mark.integration
OTHER = f"customers/dt={DAY}/other.csv"


class ManyJobs:
    """Jobs as Databricks starts them: a token's run once."""

    def __init__(self):
        self.runs: dict[str, Mapping[str, str]] = {}
        self.asked = 0
        self.problems = []

    def start(self, token, parameters):
        self.asked += 1
        self.runs.setdefault(token, parameters)
        if self.problems:
            raise self.problems.pop()
        return len(self.runs)


@pytest.fixture
def world(aws, tmp_path):
    return announcing(aws, tmp_path / "lake")


@pytest.fixture
def jobs():
    return ManyJobs()


@pytest.fixture
def call(world, jobs, monkeypatch):
    """Calls the function as Lambda does."""
    monkeypatch.setattr(entry, "opened", lambda: Intake(world.inbox().announced, jobs))
    return lambda event: entry.handler(event, None)


def failures(answer):
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize("form", ["s3", "sns", "eventbridge", "sqs", "sns through sqs"])
def test_whatever_form_an_event_has_the_object_is_in_the_raw_zone(world, call, form):
    world.land("id\n1\n")
    plain = s3_event(KEY, bucket=world.bucket)
    bridged = eventbridge_event(KEY)
    bridged["detail"]["bucket"]["name"] = world.bucket
    forms = {
        "s3": plain,
        "sns": sns_event(plain),
        "eventbridge": bridged,
        "sqs": sqs_event(plain),
        "sns through sqs": sqs_event(sns_message(plain)),
    }

    answer = call(forms[form])

    assert answer in (None, {"batchItemFailures": []})
    received = world.raw
    assert world.bodies == ["id\n1\n"]
    assert not world.look_through().copied
    assert world.raw == received


def test_the_test_event_and_deletions_are_done_with(world, call, jobs):
    gone = s3_event(KEY, bucket=world.bucket, event="ObjectRemoved:Delete")

    assert failures(call(sqs_event(s3_events.test_event(), gone))) == []
    assert call(s3_events.test_event()) is None
    assert (world.raw, jobs.asked) == ({}, 0)


def test_of_a_batch_only_what_is_not_done_comes_again(world, call, jobs):
    world.land("id\n1\n")
    world.land("id\n2\n", OTHER)
    world.s3.forbidden.add(OTHER)
    batch = sqs_event(
        s3_event(KEY, bucket=world.bucket),
        "what?",
        s3_event(OTHER, bucket=world.bucket),
        s3_event(f"customers/dt={DAY}/gone.csv", bucket=world.bucket),
        s3_event("notes.txt", bucket=world.bucket),
    )

    answer = call(batch)

    assert failures(answer) == ["m1", "m2"]
    assert (world.bodies, len(jobs.runs)) == (["id\n1\n"], 1)


def test_a_batch_of_which_nothing_is_done_comes_again_as_a_whole(call):
    assert failures(call(sqs_event("what?", "what?"))) == ["m0", "m1"]


@pytest.mark.parametrize("event", [{"Records": []}, {}, {"Records": [1]}, {"Records": {"a": 1}}])
def test_an_event_that_nobody_understands_raises_so_that_lambda_keeps_it(call, event):
    with pytest.raises(NotIngested):
        call(event)


def test_each_new_object_starts_its_job_once_with_its_name_as_parameter(world, call, jobs):
    world.land("id\n1\n")
    event = s3_event(KEY, bucket=world.bucket)

    call(sqs_event(event, event))
    call(event)

    [(token, told)] = jobs.runs.items()
    [raw] = [key for key in world.raw if not key.endswith(".metadata.json")]
    assert jobs.asked == 3
    assert len(token) == 64
    assert told == {
        "source_object": f"s3://{world.bucket}/{KEY}",
        "raw_object": f"s3://lake/{raw}",
        "table": "customers",
        "ingestion_date": "2026-01-02",
    }


def test_what_is_not_ingested_starts_no_job(world, call, jobs):
    for key in ("customers/dt=9999-01-01/a.csv", "notes.txt"):
        world.land("id\n1\n", key)
        call(s3_event(key, bucket=world.bucket))
    call(s3_event(OTHER, bucket=world.bucket))

    assert (world.raw, jobs.asked) == ({}, 0)


def test_another_version_or_another_key_is_another_run(world, call, jobs):
    for body, key in (("id\n1\n", KEY), ("id\n1\n2\n", KEY), ("id\n1\n", OTHER)):
        world.land(body, key)
        call(s3_event(key, bucket=world.bucket))

    assert len(jobs.runs) == 3


@pytest.mark.parametrize(
    "problem", [Unreachable("Databricks did not answer."), EnvironmentProblem("No such job.")]
)
def test_a_job_that_was_not_started_is_asked_for_again_when_the_message_comes_again(
    world, call, jobs, problem
):
    world.land("id\n1\n")
    jobs.problems.append(problem)
    event = sqs_event(s3_event(KEY, bucket=world.bucket))

    assert failures(call(event)) == ["m0"]
    assert world.bodies == ["id\n1\n"]
    assert failures(call(event)) == []
    assert (len(jobs.runs), jobs.asked) == (1, 2)


def test_without_a_job_objects_are_ingested_all_the_same(world, monkeypatch):
    monkeypatch.setattr(entry, "opened", lambda: Intake(world.inbox().announced))
    world.land("id\n1\n")

    entry.handler(s3_event(KEY, bucket=world.bucket), None)

    assert world.bodies == ["id\n1\n"]


def test_the_sound_objects_of_an_event_are_done_beside_one_that_is_refused(world, call):
    world.land("id\n1\n")
    world.land("id\n2\n", OTHER)
    world.s3.forbidden.add(KEY)
    event = s3_event(KEY, bucket=world.bucket)
    event["Records"] += s3_event(OTHER, bucket=world.bucket)["Records"]

    with pytest.raises(NotIngested, match="s3:GetObject"):
        call(event)

    assert world.bodies == ["id\n2\n"]


def test_while_s3_does_not_answer_messages_stay(world, call):
    world.land("id\n1\n")
    world.s3.is_down = True

    assert failures(call(sqs_event(s3_event(KEY, bucket=world.bucket)))) == ["m0"]


def test_what_is_logged_names_messages_and_reasons_and_no_contents(world, call, caplog):
    caplog.set_level("INFO")
    world.land("id\n1\n", "customers/secret-word.csv")
    call(sqs_event('{"secret-word": 1}', s3_event("customers/secret-word.csv", bucket=world.bucket)))

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("dataops_platform")]
    assert any(text.startswith("Of message m0 not everything is done: the message is JSON") for text in ours)
    assert any(text == "Of message m1: copied" for text in ours)
    assert "secret-word" not in " ".join(ours)


def test_an_object_of_another_bucket_is_not_done(call):
    with pytest.raises(NotIngested, match="another bucket"):
        call(s3_event(KEY, bucket="somebody-elses"))
