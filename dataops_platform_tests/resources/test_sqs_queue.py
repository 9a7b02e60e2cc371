"""SQS: a message comes until it is deleted, and one that nobody understands is kept with its reason."""

import json
from datetime import timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.sqs_queue import FIRST_ID, REASON, SqsQueue

pytestmark = pytest.mark.integration

NOW = timedelta()


@pytest.fixture
def dead(aws):
    return aws.queue()


@pytest.fixture
def url(aws, dead):
    return aws.queue(dead_letters=dead)


@pytest.fixture
def queue(aws, url):
    return SqsQueue(url, aws.sqs)


def send(aws, url, *bodies):
    for body in bodies:
        aws.sqs.send_message(QueueUrl=url, MessageBody=body)


def received(queue):
    found = []
    while some := queue.receive(NOW):
        found += some
    return found


def test_a_message_is_received_with_its_body_and_how_often_it_was_delivered(aws, url, queue):
    send(aws, url, "one")

    [first] = queue.receive(NOW)
    queue.postpone([first], NOW)
    [second] = queue.receive(NOW)

    assert (first.body, first.deliveries) == ("one", 1)
    assert (second.body, second.deliveries, second.id) == ("one", 2, first.id)


def test_an_empty_queue_gives_nothing(queue):
    assert queue.receive(NOW) == []


def test_what_was_received_is_hidden_from_others_until_it_is_given_back(aws, url, queue):
    send(aws, url, "one")
    messages = queue.receive(NOW)

    assert queue.receive(NOW) == []

    queue.postpone(messages, NOW)

    assert [message.body for message in queue.receive(NOW)] == ["one"]


def test_what_is_deleted_never_comes_again(aws, url, queue):
    send(aws, url, *map(str, range(23)))  # more than SQS takes at once
    messages = received(queue)

    assert sorted(int(message.body) for message in messages) == list(range(23))
    assert queue.delete(messages) == []
    assert (aws.waiting(url), aws.hidden(url)) == (0, 0)


class Failing:
    """A client of SQS that fails as SQS does: of a batch those whose receipt it is told, or a whole call."""

    def __init__(self, client, *, receipts=(), operation="", code=""):
        self._client, self._receipts, self._operation, self._code = client, receipts, operation, code

    def __getattr__(self, name):
        if name == self._operation:
            return self._fail
        return getattr(self._client, name)

    def _fail(self, **_told):
        raise ClientError({"Error": {"Code": self._code, "Message": "secret-word"}}, self._operation)

    def delete_message_batch(self, *, QueueUrl, Entries):  # noqa: N803  # boto3's names
        bad = [entry for entry in Entries if entry["ReceiptHandle"] in self._receipts]
        good = [entry for entry in Entries if entry not in bad]
        answer = self._client.delete_message_batch(QueueUrl=QueueUrl, Entries=good) if good else {}
        told = [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"} for entry in bad]
        return {**answer, "Failed": told}


def test_what_could_not_be_deleted_of_a_batch_is_told_and_comes_again(aws, url, queue):
    send(aws, url, *map(str, range(12)))
    messages = received(queue)
    stuck = [message for message in messages if message.body in {"3", "11"}]

    left = SqsQueue(url, Failing(aws.sqs, receipts=[m.receipt for m in stuck])).delete(messages)

    assert {message.body for message in left} == {"3", "11"}
    assert aws.hidden(url) == 2


def test_a_message_nobody_understands_is_kept_among_the_dead_letters_with_its_reason(aws, url, dead, queue):
    send(aws, url, "what?")
    [message] = queue.receive(NOW)

    assert queue.bury(message, "the message is no JSON")

    [kept] = aws.received(dead)
    assert kept["Body"] == "what?"
    assert kept["MessageAttributes"][REASON]["StringValue"] == "the message is no JSON"
    assert kept["MessageAttributes"][FIRST_ID]["StringValue"] == message.id
    assert (aws.waiting(url), aws.hidden(url)) == (0, 0)


@pytest.mark.parametrize("reason", ["", "a\x00b\x1f", "x" * 5_000])
def test_any_reason_can_be_kept(aws, url, dead, queue, reason):
    send(aws, url, "what?")
    [message] = queue.receive(NOW)

    assert queue.bury(message, reason)
    assert len(aws.received(dead)) == 1


def test_a_message_that_the_dead_letters_do_not_take_stays_where_it_is(aws, url, dead, queue):
    send(aws, url, "what?")
    [message] = queue.receive(NOW)

    failing = SqsQueue(url, Failing(aws.sqs, operation="send_message", code="InternalError"))

    assert failing.bury(message, "no JSON") is False
    assert (aws.hidden(url), aws.waiting(dead)) == (1, 0)


def test_a_queue_without_dead_letters_says_what_to_do(aws):
    url = aws.queue()
    send(aws, url, "what?")
    queue = SqsQueue(url, aws.sqs)
    [message] = queue.receive(NOW)

    with pytest.raises(EnvironmentProblem, match=r"has no dead-letter queue .* RedrivePolicy"):
        queue.bury(message, "no JSON")

    assert aws.hidden(url) == 1


def test_a_missing_queue_says_which_variable_names_it(aws, url):
    with pytest.raises(EnvironmentProblem, match=r"does not exist\. Check DATAOPS_QUEUE_URL") as problem:
        SqsQueue(url + "-nowhere", aws.sqs).receive(NOW)

    assert not problem.value.is_transient


def test_refused_credentials_are_told_with_what_they_need_and_nothing_of_the_answer(aws, url):
    refusing = Failing(aws.sqs, operation="receive_message", code="AccessDenied")

    with pytest.raises(EnvironmentProblem, match=r"refused the credentials .* sqs:ReceiveMessage") as problem:
        SqsQueue(url, refusing).receive(NOW)

    assert not problem.value.is_transient
    assert "secret-word" not in str(problem.value)


def test_a_server_that_does_not_answer_is_worth_another_try():
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = boto3.client("sqs", endpoint_url="http://127.0.0.1:9", config=once)

    with pytest.raises(EnvironmentProblem, match="did not answer for queue landed") as problem:
        SqsQueue("http://127.0.0.1:9/123456789012/landed", client).receive(NOW)

    assert problem.value.is_transient
    client.close()


def test_the_queue_is_asked_where_its_url_says_whatever_serves_s3(aws, url, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    send(aws, url, "one")
    queue = SqsQueue(url)

    assert [message.body for message in queue.receive(NOW)] == ["one"]

    queue.client.close()


def test_the_region_is_the_one_that_the_url_names():
    queue = SqsQueue("https://sqs.ap-south-1.amazonaws.com/123456789012/landed")

    assert queue.client.meta.region_name == "ap-south-1"
    assert json.dumps(queue.name) == '"landed"'

    queue.client.close()
