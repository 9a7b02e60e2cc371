"""This room's queue: messages that come at least once and in any order, until somebody says that they are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """One delivery of a message.

    Attributes:
        id: the message's own name, the same on each delivery.
        receipt: the name of this delivery.
        deliveries: how often it has been delivered, this time included.
    """

    id: str
    receipt: str
    body: str
    deliveries: int


class Queue(Protocol):
    """A queue that delivers a message again until it is deleted.

    Attributes:
        name: what people call the queue.
    """

    name: str

    def receive(self, wait: timedelta) -> list[Message]:
        """A few messages, hidden from others for a while; none where none came within `wait`."""

    def delete(self, messages: Sequence[Message]) -> list[Message]:
        """The messages never come again, but for those returned: they could not be deleted."""

    def postpone(self, messages: Sequence[Message], by: timedelta) -> None:
        """The messages come again after this time, where they still can be reached."""

    def bury(self, message: Message, reason: str) -> bool:
        """The message is among the dead letters with its reason, and not in this queue; False where it stays."""
