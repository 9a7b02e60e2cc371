"""This room's inbox: a queue of notifications becomes raw objects.

A message is deleted only when everything it names is in the raw zone, or never will be: a crash before that delivers
it again, and what it names is known by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.core.queue import Message, Queue
from dataops_platform.landing.announced import SETTLED, Announced, Arrival, Fate
from dataops_platform.landing.notifications import Told, latest, read_message
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.received import Received

_PARALLEL, _BATCH = 16, 10
_NO_WAIT = timedelta()
_WAIT = timedelta(seconds=1)
_TRY_AGAIN = timedelta(seconds=5)
#: A refusal may be mended: a permission granted, an object restored. After so many deliveries somebody has to look.
MOST_DELIVERIES = 5


@dataclass(frozen=True)
class Inbox:
    """Takes messages from a queue until it is empty or time is over."""

    queue: Queue
    announced: Announced

    def empty_into(self, present: RawDates, is_over: Callable[[], bool] = lambda: False) -> Received:
        """What the queue's messages name is in the raw zone, or as much of it as was done before `is_over`.

        `present` holds what was in the raw zone on the dates of which messages spoke, and what was copied.

        Raises:
            EnvironmentProblem: the queue, the landing area or the lake refuses everything; messages stay.
        """
        done = Received()
        with ThreadPoolExecutor(_PARALLEL) as threads:
            at_once, wait = 1, _WAIT  # an idle queue costs one request
            while not is_over():
                batches = threads.map(self.queue.receive, repeat(wait, at_once))
                messages = [message for batch in batches for message in batch]
                if messages:
                    self._work(messages, present, done, threads)
                    at_once, wait = _PARALLEL, _NO_WAIT  # nobody waits for the one of them that finds nothing
                elif wait:
                    break
                else:
                    at_once, wait = 1, _WAIT
        return done

    def _work(
        self, messages: Sequence[Message], present: RawDates, done: Received, threads: ThreadPoolExecutor
    ) -> None:
        told = {message: read_message(message.body) for message in messages}
        arrivals = self._arrivals(told.values(), present, threads)
        done.count(messages, told.values(), arrivals.values())
        done.refuse_to_go_on()
        settled, again = [], []
        for message, said in told.items():
            named = [arrivals[name] for name in _names(said) if name in arrivals]
            if reason := _dead(message, said, named):
                done.bury(message, reason, was_moved=self.queue.bury(message, reason))
            elif all(arrival.fate in SETTLED for arrival in named):
                settled.append(message)
            elif all(arrival.fate is not Fate.REFUSED for arrival in named):
                again.append(message)
        batches = [settled[start : start + _BATCH] for start in range(0, len(settled), _BATCH)]
        done.undeleted += sum(len(left) for left in threads.map(self.queue.delete, batches))
        if again:
            self.queue.postpone(again, _TRY_AGAIN)

    def _arrivals(
        self, told: Iterable[Told], present: RawDates, threads: ThreadPoolExecutor
    ) -> Mapping[tuple[str, str], Arrival]:
        """What became of each key that was created last, by bucket and key; each is looked at once."""
        named = [
            last for last in latest(n for said in told for n in said.notifications) if not last.is_deletion
        ]
        looked = list(threads.map(self.announced.look, named))
        present.look_at({a.found.ingestion_date for a in looked if a.fate is Fate.FOUND and a.found})
        brought = list(threads.map(self.announced.bring, [_known(a, present.keys) for a in looked]))
        present.add(a.found.raw_key for a in brought if a.fate is Fate.COPIED and a.found)
        return {(n.bucket, n.key): arrival for n, arrival in zip(named, brought, strict=True)}


def _known(arrival: Arrival, keys: set[str]) -> Arrival:
    """The arrival, KNOWN where the raw zone has it whole."""
    found = arrival.found
    if arrival.fate is Fate.FOUND and found and {found.raw_key, found.raw_key + METADATA_SUFFIX} <= keys:
        return Arrival(arrival.key, Fate.KNOWN, found)
    return arrival


def _names(said: Told) -> list[tuple[str, str]]:
    return [(told.bucket, told.key) for told in said.notifications]


def _dead(message: Message, said: Told, arrivals: Sequence[Arrival]) -> str:
    """Why a message can never be done, or was tried often enough; empty where there is hope, or nothing wrong."""
    refused = [arrival for arrival in arrivals if arrival.fate is Fate.REFUSED]
    if any(arrival.fate is Fate.CHANGING for arrival in arrivals):
        return ""
    if refused and message.deliveries < MOST_DELIVERIES:
        return ""
    reasons = [
        *said.problems,
        *(f"an object is {arrival.fate}" for arrival in arrivals if arrival.fate is Fate.ELSEWHERE),
        *(f"an object was refused {message.deliveries} times: {arrival.problem}" for arrival in refused),
    ]
    return "; ".join(dict.fromkeys(reasons))
