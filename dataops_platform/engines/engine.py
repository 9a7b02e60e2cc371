"""Engines: what runs Spark DataFrames, behind a Spark Connect server that each engine brings or finds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, cast

from pyspark.sql import DataFrame, SparkSession

from dataops_platform.engines.staged_parquet import StagedParquet, staged

#: Else each call of the API looks for IPython on disk, to say in which cell of a notebook it was made.
QUIET = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


class Server(Protocol):
    """A Spark Connect server of this process's own.

    Attributes:
        settings: what a session says to it, beyond what it was started with.
        writing: options by which it writes parquet files that are read once.
        reads_files: whether it is told a table's files, as it reads those more quickly than it finds them.
    """

    settings: Mapping[str, str]
    writing: Mapping[str, str]
    reads_files: bool

    def start(self) -> str:
        """The server runs; where, as `sc://host:port`.

        Raises:
            EnvironmentProblem: it cannot run here; the message says what is missing.
        """

    def stop(self) -> None:
        """The server is gone, and nothing of it is left."""


class ConnectEngine:
    """Runs Spark DataFrames on a server that starts with the first question and ends with `stop`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: SparkSession | None = None
        self._staging: Path | None = None
        self._lock = Lock()  # steps of several tables ask at the same time

    @property
    def reads_files(self) -> bool:
        """Whether it is told a table's files."""
        return self._server.reads_files

    @property
    def session(self) -> SparkSession:
        """The one session of this run."""
        with self._lock:
            if self._session is None:
                self._session = _session(self._server.start(), self._server.settings)
            return self._session

    def stage(self, frame: DataFrame) -> StagedParquet:
        """Compute `frame` now, in one pass, into parquet files of this machine."""
        with self._lock:
            if self._staging is None:
                self._staging = Path(tempfile.mkdtemp(prefix="dataops-stage-"))
        folder = Path(tempfile.mkdtemp(dir=self._staging))
        return staged(frame, folder, self.session, self._server.writing)

    def interrupt(self) -> None:
        """What it computes ends with an error, where its server can end a query."""
        if (session := self._session) is not None:
            with suppress(Exception):  # it has gone already, or cannot: then there is nothing to be done
                session.interruptAll()

    def stop(self) -> None:
        """End the session and the server and delete what was staged."""
        if self._session is not None:
            self._session.stop()
            self._session = None
        self._server.stop()
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            self._staging = None


def _session(url: str, settings: Mapping[str, str]) -> SparkSession:
    session: Any = SparkSession.builder.remote(url).create()
    for name, value in settings.items():
        session.conf.set(name, value)
    # Taking up a broken-off answer again is for servers far away: here it would cost a call for each query.
    session.client.disable_reattachable_execute()
    # A server of this process is there or gone for good: it ends with Ctrl-C, before its client does.
    session.client.set_retry_policies([])
    session.release_session_on_close = False
    return cast("SparkSession", session)
