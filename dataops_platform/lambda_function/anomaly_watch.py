"""This room's anomaly watch: the last hours in CloudWatch, each held against the seven days before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from dataops_platform.core.alerting import Channel, Message
from dataops_platform.core.plain_detector import PLAIN_DAYS, Distance, distance, in_digits, only_rises_matter
from dataops_platform.core.ports import ObjectStore
from dataops_platform.resources.cloudwatch_history import CloudWatchHistory, Curve

#: A table of every day has seven hours in as many days, one fewer where it came earlier today; one day may be missing.
LEAST_HOURS = 5
_WINDOW = timedelta(days=PLAIN_DAYS)
#: Hours looked at again: a call that failed, or that never was, is made good by the next.
_AGAIN = timedelta(hours=3)
#: Of a backfilled date it is high, and nothing is wrong.
_NOT_JUDGED = "freshness_lag"


@dataclass
class Watched:
    """What became of each number that was looked at, named by table and metric.

    Attributes:
        told: the topic was told of it.
        known: unusual, and told before.
        short: there is not enough history to judge it by.
    """

    told: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    usual: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class AnomalyWatch:
    """Judges the last hours and tells of what is unusual.

    Attributes:
        receipts: keeps an object for each anomaly that the channel was told of.
    """

    history: CloudWatchHistory
    channel: Channel
    receipts: ObjectStore

    def look(self, now: datetime) -> Watched:
        """The channel was told of each anomaly of the last full hours, once from its first hour to its last.

        At least once, to be exact: a crash between the message and its receipt tells it again.

        Raises:
            Unreachable: CloudWatch or the channel did not answer; another call goes on.
            EnvironmentProblem: one of them refuses this caller.
        """
        end = now.replace(minute=0, second=0, microsecond=0)
        watched = Watched()
        for curve in self.history.curves(end - _AGAIN - 2 * _WINDOW, end):
            for hour in curve.hours:
                if hour >= end - _AGAIN and curve.metric != _NOT_JUDGED:
                    self._judge(curve, hour, watched)
        return watched

    def _judge(self, curve: Curve, hour: datetime, watched: Watched) -> None:
        name = f"{curve.table} {curve.metric}"
        side = _side(curve, hour)
        if side is None:
            count = len(_before(curve, hour))
            watched.short.append(f"{name}: not enough history, {count} hours of {LEAST_HOURS}")
        elif side == 0:
            watched.usual.append(name)
        else:
            self._tell(curve, hour, _first_hour(curve, hour, side), watched)

    def _tell(self, curve: Curve, hour: datetime, first: datetime, watched: Watched) -> None:
        name = f"{curve.table} {curve.metric}"
        receipt = f"{quote(curve.table, safe='')}/{quote(curve.metric, safe='')}/{first:%Y-%m-%dT%H}"
        if self.receipts.read(receipt) is not None:
            watched.known.append(name)
            return
        message = _message(curve, hour, first)
        self.channel.deliver(message)
        self.receipts.create(receipt, message.body.encode())
        watched.told.append(name)


def _before(curve: Curve, hour: datetime) -> list[float]:
    return [value for at, value in curve.hours.items() if hour - _WINDOW <= at < hour]


def _side(curve: Curve, hour: datetime) -> int | None:
    """One where too much was measured, minus one where too little, zero where it is usual; None: no history."""
    before = _before(curve, hour)
    if len(before) < LEAST_HOURS:
        return None
    found = distance(curve.hours[hour], before)
    if not found.is_unusual(only_rises=only_rises_matter(curve.metric)):
        return 0
    return 1 if found.score > 0 else -1


def _first_hour(curve: Curve, hour: datetime, side: int) -> datetime:
    """When the anomaly of this hour began: the measured hours up to it are all unusual, on the same side."""
    first = hour
    for earlier in _earlier(curve, hour):
        if _side(curve, earlier) != side:
            break
        first = earlier
    return first


def _earlier(curve: Curve, hour: datetime) -> Iterator[datetime]:
    return (at for at in reversed(list(curve.hours)) if hour - _WINDOW <= at < hour)


def _message(curve: Curve, hour: datetime, first: datetime) -> Message:
    before = _before(curve, hour)
    found = distance(curve.hours[hour], before)
    since = f"\nIt has been unusual since {first:%Y-%m-%d %H:%M} UTC." if first != hour else ""
    return Message(
        f"{curve.table}: {curve.metric} is unusual",
        f"{curve.metric} of {curve.table} is {in_digits(curve.hours[hour])} in the hour from {hour:%Y-%m-%d %H:%M} "
        f"UTC; {in_digits(found.low)} to {in_digits(found.high)} is usual, {in_digits(found.expected)} was expected "
        f"({_far(found)}), by the {len(before)} measured hours of the {PLAIN_DAYS} days before it.{since}\n"
        f"Look at the table's checks in Dagster, or at `dataops status`.",
    )


def _far(found: Distance) -> str:
    if found.low == found.high:
        return "not one of them differed"
    return f"{abs(found.score):.1f} standard deviations away"
