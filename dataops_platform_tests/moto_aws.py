"""This file holds AWS on this machine: moto's server, for what SeaweedFS is not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3

REGION = "eu-central-1"


@dataclass(frozen=True)
class Aws:
    """A server of moto and clients of it.

    Attributes:
        endpoint: where it listens, on loopback.
    """

    endpoint: str
    s3: Any
    sqs: Any
    glue: Any

    @staticmethod
    def name(prefix: str) -> str:
        """A name that nobody else has."""
        return f"{prefix}{uuid4().hex[:12]}"

    def queue(self, *, dead_letters: str = "", most_receives: int = 50) -> str:
        """The URL of a new queue; its redrive policy names the queue whose URL is `dead_letters`."""
        attributes = {}
        if dead_letters:
            policy = {"deadLetterTargetArn": self.arn(dead_letters), "maxReceiveCount": most_receives}
            attributes["RedrivePolicy"] = json.dumps(policy)
        answer = self.sqs.create_queue(QueueName=self.name("landed-"), Attributes=attributes)
        return str(answer["QueueUrl"])

    def arn(self, queue: str) -> str:
        """The queue's name among all of AWS."""
        answer = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def bucket(self, *, notify: str = "") -> str:
        """A new bucket, which tells the queue whose URL is `notify` of each object; S3 sends a test event first."""
        name = self.name("landing-")
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if notify:
            events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
            told = {"QueueConfigurations": [{"QueueArn": self.arn(notify), "Events": events}]}
            self.s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=told)
        return name

    def waiting(self, queue: str) -> int:
        """How many messages of the queue may be received now."""
        return self._counted(queue, "ApproximateNumberOfMessages")

    def hidden(self, queue: str) -> int:
        """How many messages were received and neither deleted nor given back."""
        return self._counted(queue, "ApproximateNumberOfMessagesNotVisible")

    def _counted(self, queue: str, what: str) -> int:
        answer = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[what])
        return int(answer["Attributes"][what])

    def received(self, queue: str) -> list[Any]:
        """The messages that are waiting, as boto3 tells them, deleted from the queue."""
        found = []
        while some := self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += some
            for message in some:
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@contextmanager
def moto_aws() -> Iterator[Aws]:
    """A server of moto is ready on a free port of loopback."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else it tells each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
        with ExitStack() as stack:
            yield Aws(endpoint, *(_client(stack, service, endpoint) for service in ("s3", "sqs", "glue")))
    finally:
        server.stop()


def _client(stack: ExitStack, service: Any, endpoint: str) -> Any:
    client: Any = boto3.session.Session().client(service, endpoint_url=endpoint, region_name=REGION)
    return stack.enter_context(closing(client))
