"""This file holds the demo's planted fault: a day that loses rows on its way, who is told, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
from rich.console import Console
from rich.text import Text

from dataops_platform.core.alerting import Message
from dataops_platform.core.platform import Platform
from dataops_platform.demo.shop import SampleFile
from dataops_platform.layers.watch import watch
from dataops_platform.observability.incidents import SETTLES_IN

_FAULTY, _NEXT = "web_events/dt=2026-06-29/", "web_events/dt=2026-06-30/"
_LOST = 0.4
#: The mornings of the demo's own clock on which somebody looks.
_AFTER_THE_FAULT = datetime(2026, 6, 30, 6, tzinfo=UTC)
_AFTER_THE_NEXT_DAY = _AFTER_THE_FAULT + timedelta(days=1)


def with_fault(files: Sequence[SampleFile]) -> list[SampleFile]:
    """The files of the month, of which one has lost 40 % of its lines; the day after it has not landed yet."""
    kept = [file for file in files if not file.key.startswith(_NEXT)]
    return [_lossy(file) if file.key.startswith(_FAULTY) else file for file in kept]


def next_day(files: Sequence[SampleFile]) -> list[SampleFile]:
    """What lands on the day after the fault."""
    return [file for file in files if file.key.startswith(_NEXT)]


def _lossy(file: SampleFile) -> SampleFile:
    lines = file.body.splitlines(keepends=True)
    return replace(file, body=b"".join(lines[: round(len(lines) * (1 - _LOST))]))


class Terminal:
    """A channel to whoever sits before the terminal."""

    name, audience = "terminal", ""

    def __init__(self, console: Console) -> None:
        self._console = console

    def deliver(self, message: Message) -> None:
        """The message is on the terminal."""
        self._console.print(Text(f"  message  {message.title}", style="bold yellow"), soft_wrap=True)
        for line in message.body.splitlines():
            self._console.print(Text(f"           {line}"), soft_wrap=True)


def follow(
    console: Console, platform: Platform, instance: dg.DagsterInstance, land_next_day: Callable[[], object]
) -> None:
    """People were told of the fault once, and once more when the next good day had ended it."""
    told = replace(platform, channels=(Terminal(console),), metric_sinks=())

    def look(now: datetime) -> None:
        console.print(f"[bold]{now:%Y-%m-%d %H:%M}[/] somebody looks", highlight=False)
        watch(told, instance, now)

    look(_AFTER_THE_FAULT)
    land_next_day()
    look(_AFTER_THE_NEXT_DAY)
    look(_AFTER_THE_NEXT_DAY + SETTLES_IN)
