"""This file holds a sync that is killed at a named point: before or after one call of a port, without any warning."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import dagster as dg

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.core.platform import Platform
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.layers.sync import sync
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import SmallPlatform


def _is_companion(key: str) -> bool:
    return key.endswith(METADATA_SUFFIX)


#: Where a process can be killed: a port, its method, what its argument says, and the side of the call.
POINTS = {
    "before an object is copied": ("lake_store", "create", lambda key: not _is_companion(key), "before"),
    "between an object and its companion": ("lake_store", "create", _is_companion, "before"),
    "after an object and its companion": ("lake_store", "create", _is_companion, "after"),
    "before bronze is replaced": ("lake", "replace", lambda table: table.startswith("bronze/"), "before"),
    "between bronze and its journal entry": ("lake", "replace", lambda table: table.startswith("bronze/"), "after"),
    "between quarantine and silver": ("lake", "replace", lambda table: table.startswith("quarantine/"), "after"),
    "between silver and its journal entry": ("lake", "replace", lambda table: table.startswith("silver/"), "after"),
    "after silver's journal entry": ("journal", "record", lambda found: "silver" in {e.layer for e in found}, "after"),
    "between gold and its journal entry": ("lake", "replace", lambda table: table.startswith("gold/"), "after"),
}  # fmt: skip


class Deadly:
    """A port of which one call is the process's last."""

    def __init__(self, port: Any, method: str, is_it: Callable[[Any], bool], side: str) -> None:
        self._port, self._method, self._is_it, self._side = port, method, is_it, side

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._deadly(found) if name == self._method else found

    def _deadly(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(first: Any, *rest: Any, **named: Any) -> Any:
            if not self._is_it(first):
                return call(first, *rest, **named)
            if self._side == "after":
                call(first, *rest, **named)
            return os.kill(os.getpid(), signal.SIGKILL)

        return called


def die(folder: Path, point: str, only: str, is_ready: Event) -> None:
    """A sync of this folder, of one table `only` or all, is killed at this point; at none, it ends."""
    engine = EmbeddedEngine()
    tables = [table for table in load_tables() if only in {"", table.name}]
    with dg.DagsterInstance.ephemeral() as instance:
        platform = SmallPlatform(folder, engine, tables, instance)
        ports = deadly(platform.ports, point) if point else platform.ports
        is_ready.set()
        sync(ports, platform.job, instance, lambda _done, _all: None)
    engine.stop()


def deadly(ports: Platform, point: str) -> Platform:
    """The same ports, one of them deadly."""
    port, method, is_it, side = POINTS[point]
    changes: dict[str, Any] = {port: Deadly(getattr(ports, port), method, is_it, side)}
    return replace(ports, **changes)


def killed(folder: Path, point: str) -> int | None:
    """The exit code of a process of its own that died at this point."""
    process = started(folder, point=point)
    process.join(timeout=120)
    return process.exitcode


def started(folder: Path, only: str = "", *, point: str = "") -> ForkServerProcess:
    """A process of its own that begins to sync; forked from one that has imported everything, to save seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    is_ready = context.Event()
    process = context.Process(target=die, args=(folder, point, only, is_ready))
    process.start()
    assert is_ready.wait(timeout=120)
    return process
