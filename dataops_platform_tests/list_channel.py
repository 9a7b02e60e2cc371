"""A channel of alerts that keeps what it is told."""

from __future__ import annotations

from dataops_platform.core.alerting import Message
from dataops_platform.errors import Unreachable


class ListChannel:
    """Keeps what it is told in `found`; answers only while it `is_up`."""

    def __init__(self, audience: str = "", *, is_up: bool = True) -> None:
        self.name = f"list {audience}".strip()
        self.audience = audience
        self.found: list[Message] = []
        self.is_up = is_up

    def deliver(self, message: Message) -> None:
        """The message is kept; see the port."""
        if not self.is_up:
            raise Unreachable("List is away.")
        self.found.append(message)

    @property
    def titles(self) -> list[str]:
        """What the messages are about."""
        return [message.title for message in self.found]
