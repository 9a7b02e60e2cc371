"""How many notifications a minute are taken from SQS: moto's, in a process of its own, with objects on SeaweedFS."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from socket import socket
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from dataops_platform.landing.announced import Announced
from dataops_platform.landing.inbox import Inbox
from dataops_platform.landing.ingest import Ingest
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.resources.object_heads import S3Heads
from dataops_platform.resources.object_store import S3Store
from dataops_platform.resources.sqs_queue import SqsQueue

_BODY = b"customer_id,name\nc1,Ana\n"
#: What waits at once, so that one round takes it: moto looks at all of its queue for each message it gives.
_WAITING = 160
_TRIES = 200


def measured(landing: S3Store, lake: S3Store, *, messages: int, new: int) -> dict[str, Any]:
    """That many messages were taken, of which `new` told of objects nobody had seen."""
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(20)]
    keys = [f"customers/dt={days[n % len(days)]}/{n:06}.csv" for n in range(messages)]
    step = Ingest(landing, lake, frozenset({"customers"}), lambda _day: True)
    _land(landing, keys[new:])
    step.run(frozenset())
    _land(landing, keys[:new])
    with _sqs() as client:
        url = client.create_queue(QueueName="landed")["QueueUrl"]
        inbox = Inbox(SqsQueue(url, client), Announced(step, S3Heads(landing)))
        present = RawDates(RawZone(lake))
        taken = seconds = busy = 0.0
        for start in range(0, messages, _WAITING):
            _send(client, url, [landing.prefix + key for key in keys[start : start + _WAITING]])
            began, used = time.perf_counter(), time.process_time()
            portion = len(keys[start : start + _WAITING])
            # It would wait a second for more, once for each portion.
            done = inbox.empty_into(present, is_over=_none_left(client, url))
            taken, seconds = taken + done.messages, seconds + time.perf_counter() - began
            busy += time.process_time() - used
            if done.messages < portion:  # moto may deliver one twice
                raise RuntimeError(f"{done.messages} of {portion} messages were taken")
    return {
        "messages": messages,
        "new": new,
        "messages_a_minute": round(taken / seconds * 60),
        "processor_ms_a_message": round(busy / taken * 1_000, 2),
    }


def _none_left(client: Any, url: str) -> Callable[[], bool]:
    def asked() -> bool:
        told = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(told["Attributes"]["ApproximateNumberOfMessages"]) == 0

    return asked


def _land(landing: S3Store, keys: Sequence[str]) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda key: landing.create(key, _BODY), keys))


def _send(client: Any, url: str, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), 10):
        batch = [
            {"Id": str(number), "MessageBody": json.dumps(_event(key))}
            for number, key in enumerate(keys[start : start + 10])
        ]
        client.send_message_batch(QueueUrl=url, Entries=batch)


def _event(key: str) -> dict[str, Any]:
    told = {"bucket": {"name": "landing"}, "object": {"key": key, "sequencer": "0C"}}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": told,
    }
    return {"Records": [record]}


@contextmanager
def _sqs() -> Iterator[Any]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = boto3.client(
        "sqs",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-central-1",
        config=Config(max_pool_connections=16),
    )
    try:
        _until_it_answers(client)
        yield client
    finally:
        client.close()
        process.kill()
        process.wait()


def _until_it_answers(client: Any) -> None:
    for _ in range(_TRIES):
        try:
            client.list_queues()
        except EndpointConnectionError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("moto's server is not up")
