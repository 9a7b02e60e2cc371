"""This room's registry: where other programs look tables up by their names, such as AWS Glue or Unity Catalog."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dataops_platform.core.inventory import ColumnFacts


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A Delta table as other programs look it up.

    Attributes:
        table: `<layer>/<name>`; it is registered as `<layer>.<name>`.
        columns: all of them, in order, those among them that it is partitioned by too.
        parameters: what else is told of it; names begin with `dataops_`.
        classes: of each column what its values may tell, e.g. `personal`.
        about_layer: what tables of its layer hold.
    """

    table: str
    location: str
    description: str
    owner: str
    columns: Sequence[ColumnFacts]
    partitioned_by: Sequence[str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    about_layer: str = ""


@dataclass(frozen=True)
class Registered:
    """What became of a registry.

    Attributes:
        written: tables whose entry is new or another now.
        removed: tables that were marked because they are no longer in the lake.
        problems: why an entry could not be written, of each that could not.
    """

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Known:
    """A table as a registry has it, whoever told it.

    Attributes:
        table: `<layer>/<name>`.
        location: where the registry says it lies; empty where it does not say.
        removed_at: since when it is marked as no longer in the lake; empty where it is not.
    """

    table: str
    location: str = ""
    removed_at: str = ""


class KnownTables(Protocol):
    """A registry of tables as it is looked into.

    Attributes:
        name: what people call it.
    """

    @property
    def name(self) -> str: ...  # noqa: D102  # see above

    def tables(self) -> list[Known]:
        """Every table of a database or schema that is named like a layer; nothing is changed.

        Raises:
            EnvironmentProblem: the registry may not be used.
            Unreachable: it does not answer.
        """


class TableRegistry(KnownTables, Protocol):
    """A registry of tables that others may use as well: entries that are not of this lake are never touched."""

    def register(self, tables: Sequence[Registration], there: Collection[str], at: datetime) -> Registered:
        """Each of `tables` has its entry as it is told; entries of tables that are not `there` are marked.

        Nothing is deleted, and an entry that is right is not written again.

        Raises:
            EnvironmentProblem: the registry may not be used.
            Unreachable: it does not answer; the next time brings it up to date.
        """
