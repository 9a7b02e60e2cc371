"""This room's alerting: what people are told, the port it goes out through, and when it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

from dataops_platform.errors import ContractProblem

_Severity = Literal["normal", "urgent"]


@dataclass(frozen=True)
class Message:
    """What people are told: a line, and the rest. Holds names and numbers, never a value of a row."""

    title: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """Who is told of a table's incidents, and how soon.

    Attributes:
        channel: the name that addresses bear in DATAOPS_ALERT_URLS, e.g. `sales` of `sales=slack://…`; where it is
            empty, or no address bears it, those without a name.
        severity: what is `urgent` is told in quiet hours too.
    """

    channel: str = ""
    severity: _Severity = "normal"

    def __post_init__(self) -> None:
        if self.severity not in get_args(_Severity):
            raise ContractProblem(f"The severity of alerts is {self.severity!r}: write normal or urgent.")

    @property
    def is_urgent(self) -> bool:
        """Whether quiet hours do not hold for them."""
        return self.severity == "urgent"


#: What a contract says that says nothing else.
USUALLY = Alerts()


class Channel(Protocol):
    """A way to people.

    Attributes:
        name: what receipts call it; holds no address and no secret.
        audience: the name by which contracts ask for it; empty where it is everybody's.
    """

    name: str
    audience: str

    def deliver(self, message: Message) -> None:
        """The message is on its way, or with them.

        Raises:
            Unreachable: the channel did not answer; delivering again is right.
            EnvironmentProblem: it refuses this caller, until somebody mends that.
        """


@dataclass(frozen=True, kw_only=True)
class AlertRules:
    """When and how often people are told.

    Attributes:
        quiet: hours (UTC) from and to which nothing is sent, e.g. (22, 6); what happened is told afterwards.
        most_an_hour: messages a channel gets in an hour; what is more comes as one.
        runs_url: where Dagster is, for links to runs; without it a run is named by its id.
        pages_url: where the catalogue's pages are, for a link to the table's.
    """

    quiet: tuple[int, int] | None = None
    most_an_hour: int = 10
    runs_url: str | None = None
    pages_url: str | None = None

    def is_quiet(self, now: datetime) -> bool:
        """Whether nothing is to be sent now."""
        if self.quiet is None:
            return False
        first, last = self.quiet
        hour = now.hour
        return first <= hour < last if first <= last else hour >= first or hour < last
