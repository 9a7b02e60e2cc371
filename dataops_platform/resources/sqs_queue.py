"""SQS: the queue that S3's notifications arrive in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from threading import Lock
from typing import Any
from urllib.parse import urlparse

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.queue import Message
from dataops_platform.errors import EnvironmentProblem, Unreachable

_BATCH = 10  # SQS takes and gives no more at once
#: Longer than a tick may last: what a tick works on is not given to another.
_HIDDEN = timedelta(minutes=2)
_REGION = re.compile(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_NOT_A_LETTER = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
_LONGEST_REASON = 1_000
_LOST = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_WRONG_CREDENTIALS = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "InvalidClientTokenId",
    "NoCredentialsError",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
#: The attributes that a dead letter carries.
REASON = "DataOpsReason"
FIRST_ID = "DataOpsMessageId"


class SqsQueue:
    """A queue of SQS, and the dead-letter queue that its redrive policy names."""

    def __init__(self, url: str, client: Any = None, *, hidden: timedelta = _HIDDEN) -> None:
        self.url = url
        self.name = urlparse(url).path.rpartition("/")[2]
        self._client = client
        self._hidden = hidden
        self._making = Lock()

    @property
    def client(self) -> Any:
        """The boto3 client; made on first use, for the server and region that the queue's URL names."""
        with self._making:  # boto3 may not make clients of one session in several threads
            if self._client is None:
                self._client = _client(self.url)
        return self._client

    def receive(self, wait: timedelta) -> list[Message]:
        """Up to ten messages; none where none came within `wait`, which SQS takes in whole seconds up to 20."""
        answer = self._ask(
            "receive_message",
            MaxNumberOfMessages=_BATCH,
            WaitTimeSeconds=int(wait.total_seconds()),
            VisibilityTimeout=int(self._hidden.total_seconds()),
            AttributeNames=["ApproximateReceiveCount"],  # a name that old versions of boto3 know, too
        )
        return [
            Message(
                found["MessageId"],
                found["ReceiptHandle"],
                found["Body"],
                int(found.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
            )
            for found in answer.get("Messages", ())
        ]

    def delete(self, messages: Sequence[Message]) -> list[Message]:
        """The messages never come again, but for those returned; SQS answers for each of a batch."""
        left = []
        for batch in _batches(messages):
            entries = [{"Id": str(n), "ReceiptHandle": each.receipt} for n, each in enumerate(batch)]
            answer = self._ask("delete_message_batch", Entries=entries)
            left += [batch[int(failed["Id"])] for failed in answer.get("Failed", ())]
        return left

    def postpone(self, messages: Sequence[Message], by: timedelta) -> None:
        """The messages come again after `by`; one whose delivery is over comes sooner, and that does no harm."""
        seconds = int(by.total_seconds())
        for batch in _batches(messages):
            entries = [
                {"Id": str(n), "ReceiptHandle": each.receipt, "VisibilityTimeout": seconds}
                for n, each in enumerate(batch)
            ]
            self._ask("change_message_visibility_batch", Entries=entries)

    def bury(self, message: Message, reason: str) -> bool:
        """The message is in the dead-letter queue, its reason as an attribute; False where SQS did not take it.

        A crash between the two steps leaves it in both: it is then buried twice, and never lost.
        """
        attributes = {REASON: _attribute(reason), FIRST_ID: _attribute(message.id)}
        try:
            self.client.send_message(
                QueueUrl=self.dead_letters, MessageBody=message.body, MessageAttributes=attributes
            )
        except (ClientError, BotoCoreError):
            return False
        self.delete([message])
        return True

    @cached_property
    def dead_letters(self) -> str:
        """The URL of the dead-letter queue.

        Raises:
            EnvironmentProblem: the queue has none.
        """
        answer = self._ask("get_queue_attributes", AttributeNames=["RedrivePolicy"])
        policy = json.loads(answer.get("Attributes", {}).get("RedrivePolicy") or "{}")
        if "deadLetterTargetArn" not in policy:
            raise EnvironmentProblem(
                f"Queue {self.name} has no dead-letter queue for messages nobody can understand. Give it a "
                "RedrivePolicy that names one; deploy/lambda/template.yaml shows how."
            )
        *_, account, name = policy["deadLetterTargetArn"].split(":")
        return str(self._call("get_queue_url", QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])

    def _ask(self, operation: str, **told: Any) -> Any:
        return self._call(operation, QueueUrl=self.url, **told)

    def _call(self, operation: str, **told: Any) -> Any:
        try:
            return getattr(self.client, operation)(**told)
        except (ClientError, BotoCoreError) as error:
            raise self._problem(error) from error

    def _problem(self, error: Exception) -> EnvironmentProblem:
        code = type(error).__name__
        if isinstance(error, ClientError):
            code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in _LOST:
            return EnvironmentProblem(f"Queue {self.name} does not exist. Check DATAOPS_QUEUE_URL.")
        if code in _WRONG_CREDENTIALS:
            return EnvironmentProblem(
                f"Queue {self.name} refused the credentials ({code}). They need sqs:ReceiveMessage, sqs:DeleteMessage, "
                "sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on it, and sqs:SendMessage and "
                "sqs:GetQueueUrl on its dead-letter queue."
            )
        return Unreachable(
            f"SQS did not answer for queue {self.name} ({code}). Its messages stay; check DATAOPS_QUEUE_URL."
        )


def _batches(messages: Sequence[Message]) -> list[Sequence[Message]]:
    return [messages[start : start + _BATCH] for start in range(0, len(messages), _BATCH)]


def _attribute(text: str) -> dict[str, str]:
    """An attribute of SQS, which takes no empty text and no control characters."""
    clean = _NOT_A_LETTER.sub("?", text)[:_LONGEST_REASON]
    return {"DataType": "String", "StringValue": clean or "?"}


def _client(url: str) -> Any:
    """A client of the server that the URL names: AWS_ENDPOINT_URL may name one that serves S3 alone."""
    import boto3.session
    from botocore.config import Config

    parsed = urlparse(url)
    region = _REGION.fullmatch(parsed.netloc)
    config = Config(
        connect_timeout=5,
        read_timeout=30,  # longer than any wait for messages
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=16,
    )
    try:
        return boto3.session.Session().client(
            "sqs",
            endpoint_url=f"{parsed.scheme}://{parsed.netloc}",
            region_name=region[1] if region else None,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise EnvironmentProblem(
            f"No SQS client could be made ({type(error).__name__}). Check AWS_REGION and AWS_PROFILE."
        ) from None
