"""This room's notifications: what a message says of objects that landed, whichever way S3's words came.

Messages come at least once and in any order, and only say where to look: what is there then decides. So a message
holds no more than names here, and one that cannot be understood is a result with its reason, never an exception,
whose text might quote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

_CREATED = ("ObjectCreated:", "Object Created")
_REMOVED = ("ObjectRemoved:", "LifecycleExpiration:", "Object Deleted")
_OLDEST_KNOWN, _MOST_WRAPPINGS = "2", 4


@dataclass(frozen=True)
class Notification:
    """One object of which a message speaks.

    Attributes:
        key: its whole key, as the bucket knows it.
        sequencer: orders the notifications of one key; empty where the sender tells none.
        version_id: the version's name in a bucket that keeps versions.
    """

    bucket: str
    key: str
    is_deletion: bool = False
    sequencer: str = ""
    version_id: str | None = None

    @property
    def rank(self) -> tuple[bool, str, bool]:
        """Greater for what happened later to a key; where that cannot be told, for what makes somebody look.

        S3's rule: sequencers of different lengths are padded with zeros on the right, then compared as text.
        """
        order = self.sequencer.upper().rstrip("0")
        return (not self.sequencer and not self.is_deletion, order, not self.is_deletion)


@dataclass(frozen=True)
class Told:
    """What a message says.

    Attributes:
        ignored: events that are about no object's contents: tests, tags, restorations.
        problems: why the message, or a part of it, cannot be understood; without a word of its contents.
    """

    notifications: tuple[Notification, ...] = ()
    ignored: int = 0
    problems: tuple[str, ...] = ()


def read_message(body: str, *, _wrappings: int = 0) -> Told:
    """What the text of a message says: an event of S3 as it is, or wrapped by SNS, or by EventBridge."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return Told(problems=("the message is no JSON",))
    return read_event(event, _wrappings=_wrappings)


def read_event(event: Any, *, _wrappings: int = 0) -> Told:
    """What an event says, of those that S3, SNS or EventBridge send."""
    if not isinstance(event, Mapping) or _wrappings > _MOST_WRAPPINGS:
        return Told(problems=("the message is JSON, but no event, or one wrapped too often",))
    if event.get("Event") == "s3:TestEvent":
        return Told(ignored=1)
    if isinstance(event.get("Records"), list):
        found = [_record(record, _wrappings) for record in event["Records"]]
        return _together(found) if found else Told(problems=("the event holds no record",))
    if event.get("Type") == "Notification":
        return _unwrapped(event, _wrappings)
    if event.get("source") == "aws.s3" and "detail-type" in event:
        return _eventbridge(event)
    return Told(problems=("the message is JSON, but no event of S3, SNS or EventBridge",))


def latest(notifications: Iterable[Notification]) -> list[Notification]:
    """Of each key, the notification of what happened to it last."""
    last: dict[tuple[str, str], Notification] = {}
    for told in notifications:
        known = last.setdefault((told.bucket, told.key), told)
        if told.rank > known.rank:
            last[told.bucket, told.key] = told
    return list(last.values())


def _together(parts: Sequence[Told]) -> Told:
    return Told(
        tuple(told for part in parts for told in part.notifications),
        sum(part.ignored for part in parts),
        tuple(problem for part in parts for problem in part.problems),
    )


def _unwrapped(envelope: Mapping[str, Any], wrappings: int) -> Told:
    """What SNS wrapped."""
    text = envelope.get("Message")
    if not isinstance(text, str):
        return Told(problems=("a notification of SNS holds no message",))
    return read_message(text, _wrappings=wrappings + 1)


def _record(record: Any, wrappings: int) -> Told:
    if not isinstance(record, Mapping):
        return Told(problems=("a record is no object",))
    if record.get("EventSource") == "aws:sns" and isinstance(record.get("Sns"), Mapping):
        return _unwrapped(record["Sns"], wrappings)
    if not str(record.get("eventSource")).endswith(":s3"):
        return Told(problems=("a record is none of S3",))
    if str(record.get("eventVersion", _OLDEST_KNOWN)).partition(".")[0] != _OLDEST_KNOWN:
        return Told(
            problems=(f"a record's eventVersion is not {_OLDEST_KNOWN}.x, the one that is understood",)
        )
    told = _at(record, "s3", "object")
    key, problem = told.get("key"), ""
    if isinstance(key, str):
        try:
            # S3 encodes keys once, like a form: a plus is a space, and a real one is %2B.
            key = unquote_plus(key, errors="strict")
        except UnicodeDecodeError:
            problem = "a record's key is no UTF-8 once decoded"
    event = str(record.get("eventName") or "").removeprefix("s3:")
    bucket = _at(record, "s3", "bucket").get("name")
    return _told(event, bucket, key, _order(told, "versionId"), problem)


def _eventbridge(event: Mapping[str, Any]) -> Told:
    """What EventBridge says; it does not encode keys."""
    told = _at(event, "detail", "object")
    bucket = _at(event, "detail", "bucket").get("name")
    return _told(str(event["detail-type"]), bucket, told.get("key"), _order(told, "version-id"), "")


def _told(event: str, bucket: Any, key: Any, order: tuple[str, str | None], problem: str) -> Told:
    if not event:
        return Told(problems=("a record names no event",))
    if not event.startswith(_CREATED + _REMOVED):
        return Told(ignored=1)
    problem = problem or _problem("bucket", bucket) or _problem("key", key)
    if problem:
        return Told(problems=(problem,))
    return Told((Notification(bucket, key, event.startswith(_REMOVED), *order),))


def _problem(what: str, name: Any) -> str:
    if not isinstance(name, str) or not name:
        return f"a record names no {what}"
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"a record's {what} cannot be written as UTF-8"
    return ""


def _order(told: Mapping[str, Any], version: str) -> tuple[str, str | None]:
    sequencer, version_id = told.get("sequencer"), told.get(version)
    return (
        sequencer if isinstance(sequencer, str) else "",
        version_id if isinstance(version_id, str) else None,
    )


def _at(event: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """What is below `path`, or nothing where the way there is another."""
    for name in path:
        found = event.get(name)
        event = found if isinstance(found, Mapping) else {}
    return event
