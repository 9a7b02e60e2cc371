"""This room's object heads: what a store says of one key, without a listing."""

from __future__ import annotations

from typing import Protocol

from dataops_platform.core.landed_object import StoredObject


class ObjectHeads(Protocol):
    """Tells of one object what a listing of its store would."""

    def head(self, key: str) -> StoredObject | None:
        """The object as a listing would tell it, in the version it has now; None where there is none."""
