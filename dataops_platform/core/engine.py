"""This room's engine: the port to what computes, wherever that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from dataops_platform.core.ports import Staged

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_Answer = TypeVar("_Answer")


class Engine(Protocol):
    """What runs Spark DataFrames."""

    @property
    def reads_files(self) -> bool:
        """Whether it reads a table's files more quickly than it finds out which they are."""

    @property
    def session(self) -> SparkSession:
        """The one session of this run."""

    def stage(self, frame: DataFrame) -> Staged:
        """Compute `frame` now, in one pass."""

    def again_if_lost(self, work: Callable[[], _Answer], tell: Callable[[str], None]) -> _Answer:
        """What `work` returns, done once more from its start, as `tell` is told, where its session was lost.

        Raises:
            EngineLost: it was lost twice.
        """

    def interrupt(self) -> None:
        """What it computes ends with an error, for whoever waits for it in another thread; sooner than by itself."""

    def stop(self) -> None:
        """End the session and give back what it took."""
