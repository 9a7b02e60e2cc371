"""This room's upkeep: the port through which tables are kept small in files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Heap:
    """How a table lies in its storage.

    Attributes:
        files: those a reader opens; `left`, those of earlier versions that are still there.
        commits: of the log that a reader walks through since its last checkpoint.
        spare: files and commits that tidying would spare readers or the storage.
    """

    files: int
    bytes: int
    commits: int
    left: int
    spare: int


class Upkeep(Protocol):
    """The lake's tables, as they lie in their storage."""

    def tables(self) -> list[str]:
        """Those that are there, by name."""

    def look(self, table: str) -> Heap:
        """How the table lies now; nothing is changed.

        Raises:
            TableTooNew: its protocol is newer than is known here; so does `tidy`.
            Unreachable: it could not be opened.
        """

    def tidy(self, table: str) -> Heap:
        """The same rows lie in few files; what no reader can still need is gone. How it lies then.

        Others may read and write meanwhile.

        Raises:
            WriteConflict: somebody else tidied it at the same time; nothing is lost, and nothing needs to be done.
            Unreachable: it could not be opened, or storage failed; the rows are what they were.
        """

    def sweep(self) -> int:
        """What runs that died left staged is gone; how many files that were."""
