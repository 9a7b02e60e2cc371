"""This file holds a platform whose process dies at a named place: from there on no port of it answers any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa

from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Rows
from dataops_platform.observability.journal import DeltaJournal


class Crash(RuntimeError):
    """The process is dead."""


@dataclass
class Fuse:
    """Burns at the `times`-th passing of `place`, e.g. `after replace silver/orders`; never where that is empty."""

    place: str = ""
    times: int = 1
    is_burnt: bool = False

    def passes(self, place: str) -> None:
        """Nothing happens, or the process dies here, or has died before."""
        if place == self.place:
            self.times -= 1
            self.is_burnt = self.is_burnt or self.times == 0
        if self.is_burnt:
            raise Crash(place)


class _Crashing:
    """A port of which each call passes `before <method> <what>` and `after <method> <what>`."""

    def __init__(self, port: object, fuse: Fuse) -> None:
        self._port, self._fuse = port, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return (
            self._told(name, found) if name in {"replace", "append", "stage", "create", "records"} else found
        )

    def _told(self, name: str, method: Any) -> Any:
        def called(*arguments: Any, **options: Any) -> Any:
            place = f"{name} {arguments[0]}" if name in {"replace", "append"} else name
            if name == "replace":
                table, rows, *others = arguments
                arguments = (table, _Breaking(rows, self._fuse, f"amid {place}"), *others)
            self._fuse.passes(f"before {place}")
            answer = method(*arguments, **options)
            self._fuse.passes(f"after {place}")
            return answer

        return called


@dataclass(frozen=True)
class _Breaking:
    """Rows that pass a place after each batch."""

    source: Rows
    fuse: Fuse
    place: str

    @property
    def schema(self) -> pa.Schema:
        return self.source.schema

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.schema, self._passing(self.source.batches(dates)))

    def _passing(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in reader:
            yield batch
            self.fuse.passes(self.place)


def crashing(platform: Platform, fuse: Fuse) -> Platform:
    """The same platform on the same storage, until the fuse burns."""
    lake: Any = _Crashing(platform.lake, fuse)
    engine: Any = _Crashing(platform.engine, fuse)
    store: Any = _Crashing(platform.lake_store, fuse)
    return replace(platform, lake=lake, engine=engine, lake_store=store, journal=DeltaJournal(lake))
