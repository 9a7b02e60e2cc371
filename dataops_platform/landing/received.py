"""This room's account of one pass over the inbox: counts and reasons, never a key or a message's contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from dataops_platform.core.queue import Message
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.landing.announced import Arrival, Fate
from dataops_platform.landing.notifications import Told

_SERVED = frozenset(Fate) - {Fate.REFUSED, Fate.ELSEWHERE, Fate.FOREIGN}
_SHOWN = 3


@dataclass
class Received:
    """What one pass over the inbox did.

    Attributes:
        messages: deliveries; one that came again counts again.
        fates: how many objects became what.
        ignored: events that are about no object's contents, a deletion among them.
        dead_letters: the id of each message that was moved to the dead letters, and the reason.
        unmoved: messages that were to be moved there and were not; they come again.
        undeleted: messages that are done and could not be deleted; they come again, and are known then.
        refusals: what stores said of objects they refused.
        refused: the keys of these objects; never shown.
    """

    messages: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    ignored: int = 0
    dead_letters: list[tuple[str, str]] = field(default_factory=list)
    unmoved: list[tuple[str, str]] = field(default_factory=list)
    undeleted: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set, repr=False)

    def count(self, messages: Collection[Message], told: Iterable[Told], arrivals: Iterable[Arrival]) -> None:
        """These were received, and this is what became of what they name."""
        self.messages += len(messages)
        for said in told:
            self.ignored += said.ignored + sum(each.is_deletion for each in said.notifications)
        for arrival in arrivals:
            self.fates[arrival.fate] += 1
            if arrival.problem:
                self.refusals[arrival.problem] += 1
                self.refused.add(arrival.key)

    def refuse_to_go_on(self) -> None:
        """Where stores refuse one object after the other and serve none, no object is at fault.

        Raises:
            EnvironmentProblem: so it is; it says what they said.
        """
        if len(self.refused) > 1 and not any(self.fates[fate] for fate in _SERVED):
            raise EnvironmentProblem(next(iter(self.refusals)))

    def bury(self, message: Message, reason: str, *, was_moved: bool) -> None:
        """The message is, or was to be, among the dead letters."""
        (self.dead_letters if was_moved else self.unmoved).append((message.id, reason))

    @property
    def lines(self) -> list[str]:
        """A line for each thing somebody should look at."""
        return [
            *(f"Message {name} is among the dead letters: {why}." for name, why in self.dead_letters),
            *(
                f"Message {name} could not be moved to the dead letters ({why})."
                for name, why in self.unmoved
            ),
            *(f"{count} objects: {problem}" for problem, count in self.refusals.items()),
        ]

    @property
    def told(self) -> str:
        """The pass in a sentence."""
        parts = [f"{count} {fate}" for fate, count in self.fates.items()]
        parts += [f"{self.ignored} events ignored"] if self.ignored else []
        parts += [f"{self.undeleted} not deleted, to come again"] if self.undeleted else []
        parts += [f"{len(self.unmoved)} not moved to the dead letters"] if self.unmoved else []
        reasons = Counter(why for _, why in self.dead_letters)
        shown = "; ".join(f"{why} ({count})" for why, count in reasons.most_common(_SHOWN))
        parts += [f"{len(self.dead_letters)} dead letters: {shown}"] if shown else []
        return f"{self.messages} messages{': ' if parts else ''}{', '.join(parts)}"
