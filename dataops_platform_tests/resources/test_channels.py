"""The channels of alerts: each real one hands a message over, or says why not without telling its secrets."""

import json
import logging
import re
from email import message_from_string, policy

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dataops_platform.core.alerting import Message
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.channels import AppriseChannel, SnsChannel
from dataops_platform_tests.resources.loopback_hook import web_hook
from dataops_platform_tests.resources.loopback_mail import mail_server

pytestmark = [
    pytest.mark.integration,
    # apprise looks for PGP as it is imported, and that for a module that Python 3.13 no longer has
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]

MESSAGE = Message(
    "orders: refused", "3 of 9 rows, more than 5 % (größer).\nRun: http://dagster.example/runs/1"
)
NOBODY = "127.0.0.1:9"


@pytest.fixture
def hook():
    """A web hook on this machine: its address, what it was told, and the status it answers with."""
    with web_hook() as found:
        yield found


@pytest.fixture
def sns(monkeypatch):
    """An SNS on this machine with a topic that hands its messages to a queue: the topic, and what came there."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    topics, queues = boto3.client("sns", endpoint_url=url), boto3.client("sqs", endpoint_url=url)
    topic = topics.create_topic(Name="alerts")["TopicArn"]
    queue = queues.create_queue(QueueName="heard")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def heard():
        found = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(one["Body"]) for one in found]

    yield topic, heard
    server.stop()


def test_a_topic_has_the_message(sns):
    topic, heard = sns

    SnsChannel(topic).deliver(MESSAGE)

    assert [(one["Subject"], one["Message"]) for one in heard()] == [(MESSAGE.title, MESSAGE.body)]


def test_a_subject_is_cut_and_spelt_as_sns_takes_it(sns):
    topic, heard = sns

    SnsChannel(topic).deliver(Message("é" * 150, "b"))

    assert [one["Subject"] for one in heard()] == ["?" * 100]


def test_a_topic_that_is_not_there_is_a_problem_to_mend(sns):
    with pytest.raises(EnvironmentProblem, match=r"SNS refuses this \(NotFound\)"):
        SnsChannel(f"{sns[0]}-gone").deliver(MESSAGE)


def test_a_web_hook_has_the_message(hook):
    address, told, _ = hook

    AppriseChannel(address).deliver(MESSAGE)

    assert [(one["title"], one["message"]) for one in told] == [(MESSAGE.title, MESSAGE.body)]


def test_a_mail_has_the_message():
    with mail_server() as (port, mails):
        address = f"mailto://127.0.0.1:{port}?from=dataops@shop.example&to=team@shop.example&mode=insecure"
        AppriseChannel(address).deliver(MESSAGE)

    [mail] = (message_from_string(text, policy=policy.default) for text in mails)
    assert (mail["subject"], mail["to"]) == (MESSAGE.title, "team@shop.example")
    text = mail.get_body(("plain", "html"))
    assert text is not None
    assert "3 of 9 rows, more than 5 % (größer)." in re.sub(r"\s+", " ", text.get_content())


def test_a_hook_that_fails_has_not_taken_the_message(hook):
    address, _, status = hook
    status.append(500)

    with pytest.raises(Unreachable, match="did not take the message"):
        AppriseChannel(address).deliver(MESSAGE)


@pytest.mark.parametrize(
    "address",
    [f"json://me:secret-token@{NOBODY}/hook", f"mailto://me:secret-token@{NOBODY}?from=a@b.example"],
)
def test_nobody_is_told_a_secret_when_nobody_answers(address, caplog, capfd):
    channel = AppriseChannel(address)

    with caplog.at_level(logging.INFO), pytest.raises(Unreachable) as caught:
        channel.deliver(MESSAGE)

    told = f"{caught.value} {channel.name} {caplog.text} {''.join(capfd.readouterr())}"
    assert "secret-token" not in told


def test_an_address_that_is_none_is_told_by_its_fingerprint():
    with pytest.raises(EnvironmentProblem, match="none that apprise knows") as caught:
        AppriseChannel("carrierpigeon://secret-token").deliver(MESSAGE)

    assert "secret-token" not in str(caught.value)


def test_each_address_is_a_channel_of_its_own():
    one, other = AppriseChannel("json://a/x"), AppriseChannel("json://a/y")

    assert one.name != other.name
    assert one.name == AppriseChannel("json://a/x").name


def test_an_address_may_be_for_those_that_a_contract_names():
    sales, plain = (
        AppriseChannel("sales=json://127.0.0.1:1/a"),
        AppriseChannel("json://127.0.0.1:1/a?b=c://d"),
    )

    assert (sales.audience, plain.audience) == ("sales", "")
    assert sales.name == AppriseChannel("json://127.0.0.1:1/a").name
