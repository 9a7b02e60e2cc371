"""This room's tally: groups of rows alike → the sums of one partition that its verdict rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from dataops_platform.core.verdict import UNIQUE, UNREADABLE
from dataops_platform.quality.counts import Alike


@dataclass
class Tally:
    """What is known of one partition.

    Attributes:
        rows: all of them; those that are `sound`; those that are `unreadable`.
        nulls: by column, readable rows without a value.
        broken: by check, rows that break it.
        reasons: by file and reason, rows that have it.
        files: each file with readable rows → the declared columns that it does not have.
        file_rows: by file, its readable rows; `file_nulls`, by file and column, those without a value.
        repeated_keys: keys that occur more than once; `superseded`, the rows that gave way to a later one.
        distinct: by column, different values of the sound rows, where a rule asks for it.
    """

    groups: list[Alike] = field(default_factory=list)
    rows: int = 0
    sound: int = 0
    nulls: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    file_rows: Counter[str] = field(default_factory=Counter)
    file_nulls: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated_keys: int = 0
    superseded: int = 0
    distinct: dict[str, int] = field(default_factory=dict)

    @property
    def unreadable(self) -> int:
        """Rows that could not be read."""
        return self.broken[UNREADABLE]

    @property
    def readable(self) -> int:
        """Rows that could be read."""
        return self.rows - self.unreadable

    @property
    def sound_groups(self) -> Iterable[Alike]:
        """The groups whose rows may be published."""
        return [group for group in self.groups if not group.reasons]

    def add(self, group: Alike) -> None:
        """The group is part of every sum."""
        rows, file = group.rows, group.source_object
        self.groups.append(group)
        self.rows += rows
        self.sound += 0 if group.reasons else rows
        self.repeated_keys += rows if group.latest else 0
        broken = {reason.split(":", 1)[0] for reason in group.reasons}
        for check in broken:
            self.broken[check] += rows
        self.superseded = self.broken[UNIQUE]
        for reason in group.reasons:
            self.reasons[file, reason] += rows
        for column in group.nulls:
            self.nulls[column] += rows
            self.file_nulls[file, column] += rows
        if UNREADABLE not in broken:
            self.file_rows[file] += rows
            self.files[file] = group.absent
