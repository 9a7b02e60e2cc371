"""This file holds a bucket that announces what lands in it, and a platform's inbox that hears of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.core.queue import Message
from dataops_platform.landing.announced import Announced
from dataops_platform.landing.inbox import Inbox
from dataops_platform.landing.ingest import Ingest, Ingested
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.landing.received import Received
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.object_heads import S3Heads
from dataops_platform.resources.object_store import S3Store
from dataops_platform.resources.sqs_queue import SqsQueue
from dataops_platform_tests.moto_aws import Aws

DAY = date(2026, 1, 2)
KEY = f"customers/dt={DAY}/a.csv"


class TroubledS3:
    """A client of S3 to which things happen.

    Attributes:
        forbidden: keys that are refused.
        is_down: whether the server answers nothing.
        before_read: what happens right before an object is read, by key.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.forbidden: set[str] = set()
        self.is_down = False
        self.before_read: dict[str, Any] = {}
        self.reads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def head_object(self, **told: Any) -> Any:
        self._trouble(told["Key"], "HeadObject")
        return self._client.head_object(**told)

    def get_object(self, **told: Any) -> Any:
        self._trouble(told["Key"], "GetObject")
        self.reads.append(told["Key"])
        if happens := self.before_read.get(told["Key"]):
            happens()
        return self._client.get_object(**told)

    def _trouble(self, key: str, operation: str) -> None:
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
        if key in self.forbidden:
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, operation)


class Impatient(SqsQueue):
    """A queue that counts as empty at once, as nobody but the test sends to it."""

    def receive(self, wait: timedelta) -> list[Message]:  # noqa: ARG002
        return super().receive(timedelta())


@dataclass(frozen=True)
class Announcing:
    """A bucket that announces to a queue, and a lake's folder."""

    aws: Aws
    bucket: str
    url: str
    dead: str
    lake: Path
    s3: TroubledS3

    @property
    def landing(self) -> S3Store:
        """The bucket as the platform sees it."""
        return S3Store(self.bucket, "", self.s3)

    @property
    def ingest(self) -> Ingest:
        """The one path of ingestion."""
        return Ingest(
            self.landing,
            FolderStore(self.lake),
            frozenset({"customers", "products"}),
            lambda day: date(2026, 1, 1) <= day <= datetime.now(UTC).date(),
        )

    def inbox(self, **changes: Any) -> Inbox:
        """The platform's inbox, or one that differs from it."""
        told = {
            "queue": self.queue(),
            "announced": Announced(self.ingest, S3Heads(self.landing)),
        }
        return Inbox(**{**told, **changes})

    def receive(self, **changes: Any) -> Received:
        """All that waits in the queue is received."""
        return self.inbox(**changes).empty_into(RawDates(RawZone(FolderStore(self.lake))))

    def receive_once(self, **changes: Any) -> Received:
        """One request for messages, and what it brought."""
        over = iter([False, True])
        present = RawDates(RawZone(FolderStore(self.lake)))
        return self.inbox(**changes).empty_into(present, is_over=lambda: next(over))

    def look_through(self) -> Ingested:
        """The other way in: the landing area is listed."""
        return self.ingest.run(RawZone(FolderStore(self.lake)).listing().keys)

    def land(self, body: str, key: str = KEY) -> None:
        """An object has landed and is announced."""
        self.aws.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode())

    def remove(self, key: str = KEY) -> None:
        """An object is gone, which is announced too."""
        self.aws.s3.delete_object(Bucket=self.bucket, Key=key)

    def send(self, *events: Any) -> None:
        """Messages reach the queue, of which the bucket knows nothing."""
        for event in events:
            body = event if isinstance(event, str) else json.dumps(event)
            self.aws.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def queue(self, *, hidden: timedelta = timedelta(minutes=2)) -> SqsQueue:
        """The queue; what is received is hidden from others for so long."""
        return Impatient(self.url, self.aws.sqs, hidden=hidden)

    @property
    def left(self) -> int:
        """Messages that are not done: waiting, or received and not deleted."""
        return self.aws.waiting(self.url) + self.aws.hidden(self.url)

    @property
    def raw(self) -> dict[str, bytes]:
        """The raw zone's files, companions included, by their path."""
        return {path.relative_to(self.lake).as_posix(): path.read_bytes() for path in self._files()}

    @property
    def bodies(self) -> list[str]:
        """What the raw zone's objects hold."""
        return sorted(path.read_text() for path in self._files() if not path.name.endswith(METADATA_SUFFIX))

    def _files(self) -> Iterator[Path]:
        return (path for path in self.lake.rglob("*") if path.is_file())


def announcing(aws: Aws, lake: Path) -> Announcing:
    """A new bucket and a new queue, in which the test event that S3 sends first is waiting."""
    lake.mkdir(exist_ok=True)
    dead = aws.queue()
    url = aws.queue(dead_letters=dead)
    return Announcing(aws, aws.bucket(notify=url), url, dead, lake, TroubledS3(aws.s3))
