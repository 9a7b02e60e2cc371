"""Opened objects: one version of an object, in parts that fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Opened:
    """One version of an object, whose parts can be walked once."""

    version_id: str | None
    parts: Iterable[bytes]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)
