"""Commits that are known again: storage can do as it is asked while its answer is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import sleep
from uuid import uuid4

from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

#: Writers of other dates are no conflict, however many of them are first; delta-rs would give up after 15.
_TRIES = 200
_NAME = "dataops_commit"
#: Commits of others that may have come after it until somebody looks.
_NEWEST = 50
_LOOKS = 6


@dataclass(frozen=True)
class Commit:
    """One commit to be, which carries a name that no other has."""

    name: str = field(default_factory=lambda: uuid4().hex)

    @property
    def properties(self) -> CommitProperties:
        """What makes a commit this one."""
        return CommitProperties(custom_metadata={_NAME: self.name}, max_commit_retries=_TRIES)

    def is_in(self, uri: str) -> bool:
        """Whether the table holds it, whatever its writer was told.

        Raises:
            OSError, DeltaError: the storage does not say.
        """
        for look in range(1, _LOOKS):
            try:
                return self._is_in(uri)
            except (DeltaError, OSError):
                sleep(0.05 * 2**look)
        return self._is_in(uri)

    def _is_in(self, uri: str) -> bool:
        try:
            newest = DeltaTable(uri).history(_NEWEST)
        except TableNotFoundError:
            return False
        return any(done.get(_NAME) == self.name for done in newest)
