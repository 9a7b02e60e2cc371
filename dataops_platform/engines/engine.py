"""Engines: what runs Spark DataFrames, behind a Spark Connect server that each engine brings or finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any, Protocol, TypeVar, cast

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from dataops_platform.core.interruption import interruption
from dataops_platform.engines.lost_sessions import how_lost
from dataops_platform.engines.staged_parquet import StagedParquet, staged
from dataops_platform.engines.staging import FolderStaging, Staging
from dataops_platform.errors import EngineLost, PlatformError

_Answer = TypeVar("_Answer")
#: Else each call of the API looks for IPython on disk, to say in which cell of a notebook it was made.
QUIET = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


class Server(Protocol):
    """A Spark Connect server: of this process's own, or one that somebody else runs.

    Attributes:
        settings: what a session says to it, beyond what it was started with.
        writing: options by which it writes parquet files that are read once.
        reads_files: whether it is told a table's files, as it reads those more quickly than it finds them.
        is_own: whether this process has started it: then it is there, or gone for good.
    """

    settings: Mapping[str, str]
    writing: Mapping[str, str]
    reads_files: bool
    is_own: bool

    def start(self) -> str:
        """The server runs; where, as `sc://host:port`.

        Raises:
            EnvironmentProblem: it cannot run here, or is not what is needed; the message says what is missing.
        """

    def prepare(self, session: SparkSession, staging: Staging) -> None:
        """A new session of it is fit for work.

        Raises:
            EnvironmentProblem: it is not; the message says why.
        """

    def stop(self) -> None:
        """The server is gone, and nothing of it is left, where it is this process's own."""


class ConnectEngine:
    """Runs Spark DataFrames on a server that starts with the first question and ends with `stop`."""

    def __init__(self, server: Server, staging: Staging | None = None) -> None:
        self._server = server
        self._session: SparkSession | None = None
        self._lost = 0  # sessions so far
        self._staging = staging or FolderStaging()
        self._lock = Lock()  # steps of several tables ask at the same time

    @property
    def reads_files(self) -> bool:
        """Whether it is told a table's files."""
        return self._server.reads_files

    @property
    def session(self) -> SparkSession:
        """The one session of this run, or the one that took its place when it was lost."""
        with self._lock:
            if self._session is None:
                self._session = _session(self._server, self._staging)
            return self._session

    def stage(self, frame: DataFrame) -> StagedParquet:
        """Compute `frame` now, in one pass, into parquet files."""
        with self._lock:
            room = self._staging.room()
        try:
            return staged(frame, room, frame.sparkSession, self._server.writing)
        except BaseException:
            with suppress(PlatformError):  # what went wrong first is what has to be told
                room.drop()
            raise

    def again_if_lost(self, work: Callable[[], _Answer], tell: Callable[[str], None]) -> _Answer:
        """What `work` returns, done once more from its start where its session was lost meanwhile.

        Raises:
            EngineLost: it was lost twice.
            Interrupted: the work was told to stop.
        """
        if self._server.is_own:
            return work()
        begun = self._lost
        try:
            return work()
        except Exception as error:
            how = self._how_lost(error, begun)
            if how is None:
                raise
            interruption()()  # a session that was ended because the work is over is no loss
            tell(f"The engine lost its session ({how}). Done once more from the start, on a fresh session.")
            self._forget(begun)
        again = self._lost
        try:
            return work()
        except Exception as error:
            how = self._how_lost(error, again)
            if how is None:
                raise
            self._forget(again)
            raise EngineLost(
                f"The engine lost its session twice in one step ({how}). Nothing of the step is half-written. Look "
                "into the cluster's log for why servers or executors end, and run it again."
            ) from None  # the error itself may quote rows

    def _how_lost(self, error: Exception, begun: int) -> str | None:
        if isinstance(error, PlatformError):
            return None
        if self._lost > begun and isinstance(error, PySparkException | ValueError):
            return "it ended with that of another step"
        return how_lost(error)

    def _forget(self, begun: int) -> None:
        """The session is ended, if no other step was first; steps that still use it lose theirs by that.

        pyspark asks one session of the process for what literals mean: it must not be one that is gone.
        """
        with self._lock:
            if self._lost != begun or self._session is None:
                return
            lost, self._session = self._session, None
            self._lost += 1
        _ended(lost)

    def interrupt(self) -> None:
        """What it computes ends with an error, where its server can end a query."""
        if (session := self._session) is not None:
            with suppress(Exception):  # it has gone already, or cannot: then there is nothing to be done
                session.interruptAll()

    def stop(self) -> None:
        """End the session, and the server if it is our own, and delete what was staged."""
        if self._session is not None:
            _ended(self._session)
            self._session = None
        self._server.stop()
        self._staging.close()


def _session(server: Server, staging: Staging) -> SparkSession:
    session: Any = SparkSession.builder.remote(server.start()).create()
    # A server of this process is there or gone for good: it ends with Ctrl-C, before its client does. Of one elsewhere
    # nothing is tried over before it has shown that it is fit for work.
    session.client.set_retry_policies([])
    if server.is_own:
        # Taking up a broken-off answer again is for servers far away: here it would cost a call for each query.
        session.client.disable_reattachable_execute()
        session.release_session_on_close = False
    try:
        for name, value in server.settings.items():
            session.conf.set(name, value)
        server.prepare(session, staging)
    except BaseException:
        _ended(session)
        raise
    return cast("SparkSession", session)


def _ended(session: Any) -> None:
    """It is closed here, and its server was told so, once, if it still listens."""
    session.client.set_retry_policies([])
    with suppress(Exception):
        session.stop()
