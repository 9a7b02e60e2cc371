"""The channels of alerts: SNS, and everything that `apprise` knows an address for."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.alerting import Message
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.aws import problem, reporting_client

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

#: What SNS takes of a subject: printable ASCII, in one line.
_LONGEST_SUBJECT = 100
_NAMED = re.compile(r"(?P<audience>[a-z0-9-]+)=(?P<address>[a-z0-9+]+://.*)")
_WAITING = "Messages wait in observability/incidents."


class SnsChannel:
    """A topic of SNS; `waiting` says what becomes of a message that it does not take."""

    audience = ""

    def __init__(self, topic: str, *, waiting: str = _WAITING) -> None:
        self._topic, self._waiting = topic, waiting
        self.name = f"sns {topic.rpartition(':')[2]}"

    @cached_property
    def _client(self) -> SNSClient:
        client: SNSClient = reporting_client("sns")
        return client

    def deliver(self, message: Message) -> None:
        """SNS has the message; see the port."""
        subject = message.title.encode("ascii", "replace").decode()[:_LONGEST_SUBJECT]
        try:
            self._client.publish(TopicArn=self._topic, Subject=subject, Message=message.body)
        except (BotoCoreError, ClientError) as error:
            raise problem("SNS", error, self._waiting) from error


class AppriseChannel:
    """One address of apprise: e-mail, Slack, Teams, a web hook and a hundred more.

    Its name is a fingerprint: addresses hold passwords and tokens. `sales=slack://…` is for the audience `sales`.
    """

    def __init__(self, address: str) -> None:
        named = _NAMED.fullmatch(address)
        self.audience = named["audience"] if named else ""
        self._address = address = named["address"] if named else address
        scheme = address.partition("://")[0]
        self.name = f"{scheme} {hashlib.sha256(address.encode()).hexdigest()[:8]}"

    def deliver(self, message: Message) -> None:
        """The address has the message; see the port."""
        import apprise

        receiver = apprise.Apprise()
        if not receiver.add(self._address):
            raise EnvironmentProblem(
                f"An address of DATAOPS_ALERT_URLS ({self.name}) is none that apprise knows. Compare it with "
                f"https://appriseit.com/services. {_WAITING}"
            )
        if not receiver.notify(title=message.title, body=message.body, body_format=apprise.NotifyFormat.TEXT):
            raise Unreachable(f"The channel {self.name} did not take the message. {_WAITING}")
