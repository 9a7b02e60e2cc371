"""How many notifications a minute are taken from SQS, which ElasticMQ plays, with objects on SeaweedFS."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.elasticmq import elasticmq
from benchmarks.measure import environment_of
from benchmarks.results import RESULTS, record, spread
from dataops_platform.core.ports import ObjectStore
from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.landing.announced import Announced, Fate
from dataops_platform.landing.inbox import Inbox
from dataops_platform.landing.ingest import Ingest
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.resources.object_heads import S3Heads
from dataops_platform.resources.object_store import S3Store
from dataops_platform.resources.sqs_queue import SqsQueue

_MESSAGES = 2_000
#: Of so many the object is new. S3 announces each once, tells some again, and a listing may have found them first.
_NEW = {"all known": 0, "a tenth new": _MESSAGES // 10, "all new": _MESSAGES}
_DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(20)]
_BODY = b"customer_id,name\nc1,Ana\n"


def run(cache: Path, *, rounds: int) -> Path:
    """Messages about objects that were known, and that were not, are taken in turn; it is recorded."""
    loads = [os.getloadavg()[0]]
    cache.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix="notifications-", dir=cache) as folder,
        seaweedfs(Path(folder)) as server,
        environment_of(server),
        elasticmq(cache) as sqs,
    ):
        measured = _in_turn(_Landing(sqs, S3Store("landing"), S3Store("lake")), rounds)
    mixes = {
        mix: {part: spread([found[part] for found in rates]) for part in rates[0]}
        for mix, rates in measured.items()
    }
    loads.append(os.getloadavg()[0])
    told = {
        "messages": _MESSAGES,
        "load_before_and_after": [round(load, 1) for load in loads],
        "mixes": mixes,
    }
    record(RESULTS / "notifications.json", told)
    return RESULTS / "notifications.json"


def _in_turn(landing: "_Landing", rounds: int) -> dict[str, list[dict[str, float]]]:
    """The rates of each mix in each round."""
    known = landing.land("known", _MESSAGES)
    landing.ingest.run(frozenset())
    measured: dict[str, list[dict[str, float]]] = {mix: [] for mix in _NEW}
    for number in range(rounds):
        for mix, count in _NEW.items():
            rates = landing.taken(known[count:], landing.land(f"{number}-{count}", count))
            measured[mix].append(rates)
            print(f"notifications, {mix}: {json.dumps(rates)}", flush=True)
    return measured


@dataclass(frozen=True)
class _Landing:
    """A landing area whose objects are announced to queues of an SQS client."""

    sqs: Any
    store: S3Store
    lake: ObjectStore

    @property
    def ingest(self) -> Ingest:
        """The one path of ingestion."""
        return Ingest(self.store, self.lake, frozenset({"customers"}), lambda _day: True)

    def land(self, name: str, count: int) -> list[str]:
        """The keys of so many new objects of twenty dates."""
        keys = [f"customers/dt={_DAYS[n % len(_DAYS)]}/{name}-{n:06}.csv" for n in range(count)]
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda key: self.store.create(key, _BODY), keys))
        return keys

    def taken(self, known: Sequence[str], new: Sequence[str]) -> dict[str, float]:
        """What it takes until a queue that holds a message about each of these keys is empty.

        Raises:
            RuntimeError: not every message was taken and deleted, and every new object copied.
        """
        url = self._announced([*known, *new])
        inbox = Inbox(SqsQueue(url, self.sqs), Announced(self.ingest, S3Heads(self.store)))
        began, used = time.perf_counter(), time.process_time()
        # It would wait a second for more, once.
        done = inbox.empty_into(RawDates(RawZone(self.lake)), is_over=self._none_left(url))
        seconds, busy = time.perf_counter() - began, time.process_time() - used
        sent = len(known) + len(new)
        wanted = +Counter({Fate.KNOWN: len(known), Fate.COPIED: len(new)})
        if done.messages != sent or done.fates != wanted or done.undeleted:
            raise RuntimeError(
                f"{sent} messages, {len(new)} of them about new objects, were sent; {done.told}"
            )
        return {
            "messages_a_minute": round(sent / seconds * 60),
            "processor_ms_a_message": round(busy / sent * 1_000, 2),
        }

    def _announced(self, keys: Sequence[str]) -> str:
        """The URL of a new queue with a message about each of the keys; dates, known and new come mixed."""
        url = str(self.sqs.create_queue(QueueName=f"landed-{time.time_ns()}")["QueueUrl"])
        messages = [json.dumps(_event(key)) for key in sorted(keys, key=lambda key: key[::-1])]
        for start in range(0, len(messages), 10):
            batch = [
                {"Id": str(n), "MessageBody": body} for n, body in enumerate(messages[start : start + 10])
            ]
            self.sqs.send_message_batch(QueueUrl=url, Entries=batch)
        return url

    def _none_left(self, url: str) -> Callable[[], bool]:
        what = "ApproximateNumberOfMessages"

        def asked() -> bool:
            told = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[what])
            return int(told["Attributes"][what]) == 0

        return asked


def _event(key: str) -> dict[str, Any]:
    told = {"bucket": {"name": "landing"}, "object": {"key": key, "sequencer": "0C"}}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": told,
    }
    return {"Records": [record]}
