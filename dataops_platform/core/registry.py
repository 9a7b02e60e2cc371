"""This room's registry: what a catalogue outside of the lake is told of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class RegisteredTable:
    """A table of the lake as a catalogue shows it.

    Attributes:
        location: where its Delta log lies.
        comment: what it holds, for people.
        tags: what is said of the table, by name.
        column_tags: what is said of its columns, by column and name.
    """

    layer: str
    name: str
    location: str
    comment: str
    layer_comment: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    column_tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Registry(Protocol):
    """A catalogue by whose names people find tables."""

    def register(self, table: RegisteredTable) -> str:
        """The catalogue shows the table as it is told here; its whole name there. Nothing in the lake has changed.

        Raises:
            EnvironmentProblem: the catalogue refuses, or (transient) does not answer.
        """
