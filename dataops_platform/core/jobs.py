"""This room's jobs: what runs elsewhere, and is started from here once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Jobs(Protocol):
    """Starts runs of one job."""

    def start(self, token: str, parameters: Mapping[str, str]) -> int:
        """One run of this token exists, however often it is asked for; its number.

        Raises:
            EnvironmentProblem: the job refuses, or (transient) did not answer; asking again starts no second run.
        """
