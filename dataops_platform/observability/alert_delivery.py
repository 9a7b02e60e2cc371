"""This room's delivery of alerts: whatever a channel's people have not heard yet reaches them, at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow.compute as pc

from dataops_platform.core.alerting import AlertRules, Channel, Message
from dataops_platform.core.contract import Table
from dataops_platform.core.ports import Lake
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.observability import outbox
from dataops_platform.observability.digests import digests
from dataops_platform.observability.incidents import RECOVERED, Incident, history

_HOUR = timedelta(hours=1)
#: What ended longer ago is no news any more, e.g. to a channel that is new.
_NEWS = timedelta(days=7)
#: A digest is of its day.
_FRESH = timedelta(days=1)
_DATES = 5


@dataclass(frozen=True)
class _Letter:
    """One message, and the items of the outbox that are settled by it; `line`, what is said of it among others."""

    items: tuple[str, ...]
    message: Message
    line: str
    is_urgent: bool = False


@dataclass(frozen=True)
class Audiences:
    """Who is told of which table: the tables by name, and the names of all channels there are."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    def of(self, table: str) -> str:
        """The audience that is told of a table, sensor or schedule."""
        wanted = self.tables[table].contract.alerts.channel if table in self.tables else ""
        return wanted if wanted in self.names else ""

    @property
    def has_urgent(self) -> bool:
        """Whether anything can be told in quiet hours."""
        return any(table.contract.alerts.is_urgent for table in self.tables.values())


_EVERYBODY = Audiences()


def deliver(
    lake: Lake, channel: Channel, rules: AlertRules, now: datetime, audiences: Audiences = _EVERYBODY
) -> str | None:
    """The channel has every message that may go out now; why the rest waits, where it does because of the channel."""
    is_quiet = rules.is_quiet(now)
    if is_quiet and not audiences.has_urgent:
        return None
    heard = outbox.delivered(lake, channel.name)
    letters = _of_incidents(lake, heard, rules, now, channel.audience, audiences)
    letters += [] if channel.audience else _digest(lake, heard, now)
    if is_quiet:
        letters = [letter for letter in letters if letter.is_urgent]
    room = rules.most_an_hour - _sent_within_an_hour(lake, channel.name, now)
    if not letters or room <= 0:
        return None
    single = letters if len(letters) <= room else letters[: room - 1]
    parcels = [([letter], letter.message) for letter in single]
    rest = letters[len(single) :]
    if rest:
        parcels.append((rest, _together(rest)))
    for number, (settled, message) in enumerate(parcels):
        try:
            channel.deliver(message)
        except EnvironmentProblem as error:
            return str(error)
        at = now + timedelta(microseconds=number)  # each message is counted by its own moment
        outbox.receive(lake, channel.name, [item for letter in settled for item in letter.items], at)
    return None


def _of_incidents(
    lake: Lake, heard: set[str], rules: AlertRules, now: datetime, audience: str, audiences: Audiences
) -> list[_Letter]:
    """A letter for each incident of the audience with unheard states: what it is by now, the longest waiting first."""
    states: dict[str, list[Incident]] = {}
    for one in history(lake):
        states.setdefault(one.incident, []).append(one)
    letters = []
    for known in states.values():
        newest = known[-1]
        items = tuple(dict.fromkeys(one.item for one in known if one.is_told and one.item not in heard))
        is_old = newest.is_over and now - newest.at > _NEWS
        is_theirs = audiences.of(newest.table) == audience
        if items and is_theirs and not is_old and newest.state != "explained":
            table = audiences.tables.get(newest.table)
            is_urgent = table is not None and table.contract.alerts.is_urgent
            message = told(newest, rules, table)
            line = f"{message.title} (since {newest.since:%Y-%m-%d %H:%M} UTC)"
            letters.append(_Letter(items, message, line, is_urgent))
    return letters


def _digest(lake: Lake, heard: set[str], now: datetime) -> list[_Letter]:
    """The newest digest, if it was not heard and is of the last day; what came before it is settled by it."""
    waiting = [one for one in digests(lake) if one.item not in heard]
    if not waiting or now - waiting[-1].at > _FRESH:
        return []
    newest = waiting[-1]
    return [_Letter(tuple(one.item for one in waiting), newest.message, newest.title)]


def _sent_within_an_hour(lake: Lake, channel: str, now: datetime) -> int:
    records = lake.records(outbox.TABLE)
    if records is None:
        return 0
    own = records.filter((pc.field("receiver") == channel) & (pc.field("at") > now - _HOUR))
    return len(pc.unique(own.column("at")))


def told(one: Incident, rules: AlertRules, table: Table | None = None) -> Message:
    """The incident in words: which table and dates, what, since when, why, whom to ask, and where to look."""
    lines = [
        one.what,
        f"Dates: {_dates(one)}" if one.dates else "",
        f"Since: {one.since:%Y-%m-%d %H:%M} UTC"
        + (f", over at {one.at:%Y-%m-%d %H:%M} UTC" if one.is_over else ""),
        f"Likely cause: {one.cause}",
        f"Explains what is wrong with: {', '.join(one.affects)}" if one.affects else "",
        f"Owner: {table.contract.owner}" if table else "",
        f"Run: {_run(one.run_id, rules.runs_url)}" if one.run_id else "",
        f"Page: {_page(table, rules.pages_url)}" if table and rules.pages_url else "",
    ]
    return Message(_title(one, table), "\n".join(filter(None, lines)))


def _title(one: Incident, table: Table | None) -> str:
    about = f"{one.table}: {', '.join(one.kinds)}"
    if one.state == RECOVERED:
        return f"Recovered: {about}"
    return f"Urgent: {about}" if table and table.contract.alerts.is_urgent else about


def _page(table: Table, url: str) -> str:
    return f"{url.rstrip('/')}/tables/{table.layer}-{table.name}.html"


def _together(letters: Sequence[_Letter]) -> Message:
    return Message(f"{len(letters)} more messages in one", "\n".join(letter.line for letter in letters))


def _dates(one: Incident) -> str:
    shown = ", ".join(map(str, one.dates[-_DATES:]))
    return f"{len(one.dates)}, the last are {shown}" if len(one.dates) > _DATES else shown


def _run(run_id: str, url: str | None) -> str:
    return f"{url.rstrip('/')}/runs/{run_id}" if url else run_id
