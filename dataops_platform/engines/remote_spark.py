"""The engine `connect`: a Spark Connect server that somebody else runs, in front of executors on other machines."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Timer
from types import MappingProxyType
from typing import Any

import grpc  # type: ignore[import-untyped]  # its types are a package of their own
import pyspark
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.client.retries import DefaultPolicy

from dataops_platform.engines.connect_address import VARIABLE, ConnectAddress
from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.engines.local_spark import LocalSpark
from dataops_platform.engines.spark_command import SAME_ANSWERS
from dataops_platform.engines.staged_parquet import staged
from dataops_platform.engines.staging import Staging, StagingRoom
from dataops_platform.errors import EnvironmentProblem, PlatformError, Unreachable

#: Of the first look: somebody waits for the answer.
_FIRST_LOOK = 10.0
#: Of a server that has worked for us: time for it to be started anew.
_PATIENCE = 120.0
#: A break of the network is tried over for about half a minute; pyspark's own policy would go on for ten.
_TRIES, _LONGEST_PAUSE_MS = 6, 10_000
_LOOK_EVERY = 0.25
#: Of a cluster that has to start machines first.
_LONGEST_MEETING = 900.0
_REFUSED = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


class RemoteSpark:
    """A Spark Connect server that is there already, and stays when this process ends."""

    settings: Mapping[str, str] = MappingProxyType(
        {
            **SAME_ANSWERS,
            # Databricks reads no parquet file of a Delta table otherwise, and we tell it a table's files.
            "spark.databricks.delta.formatCheck.enabled": "false",
        }
    )
    writing: Mapping[str, str] = MappingProxyType(
        {
            **LocalSpark.writing,
            # A rename is a copy on S3: one for each file, not two. Nobody reads before all files are there.
            "mapreduce.fileoutputcommitter.algorithm.version": "2",
            "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        }
    )
    reads_files = True
    is_own = False

    def __init__(self, address: ConnectAddress, *, patience: float = _PATIENCE, tries: int = _TRIES) -> None:
        """`patience`: seconds in which a server that was there may come back; `tries`: of a call that breaks off."""
        self._address = address
        self._patience = patience
        self._tries = tries
        self._was_there = False

    def start(self) -> str:
        """The server answers, lets us in and is of our version; where it is.

        Raises:
            EnvironmentProblem: one of these is not so; the message says which, in a sentence. Transient where nobody
                answered.
        """
        self._reached(self._patience if self._was_there else _FIRST_LOOK)
        self._speaks()
        self._refuse_other_version()
        self._was_there = True
        return self._address.url

    def _reached(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(
                    (self._address.host, self._address.port), timeout=_FIRST_LOOK
                ).close()
            except OSError as error:
                if time.monotonic() > deadline or not self._was_there:
                    kind = EnvironmentProblem if isinstance(error, socket.gaierror) else Unreachable
                    raise kind(
                        f"No Spark Connect server answers at {self._address} ({error.strerror or error}). "
                        f"Check {VARIABLE}, and that the server runs and may be reached from here."
                    ) from error
                time.sleep(_LOOK_EVERY)
            else:
                return

    def _speaks(self) -> None:
        channel = DefaultChannelBuilder(self._address.url).toChannel()
        try:
            grpc.channel_ready_future(channel).result(timeout=_FIRST_LOOK)
        except grpc.FutureTimeoutError:
            raise EnvironmentProblem(
                f"Something listens at {self._address} and does not speak as a Spark Connect server does: check the "
                f"port, and use_ssl=true in {VARIABLE} (a token asks for TLS, except on localhost)."
            ) from None
        finally:
            channel.close()

    def _refuse_other_version(self) -> None:
        session: Any = SparkSession.builder.remote(self._address.url).create()
        session.client.set_retry_policies([])
        try:
            found = str(session.version)
        except PySparkException as error:
            raise self._refusal(error) from None  # what an answer quotes is not for our texts
        finally:
            session.stop()
        if _release(found) != _release(pyspark.__version__):
            raise EnvironmentProblem(
                f"The server at {self._address} is Spark {found}; plans here are made by pyspark "
                f"{pyspark.__version__}. Use a server of Spark {_release(pyspark.__version__)}."
            )

    def _refusal(self, error: PySparkException) -> EnvironmentProblem:
        status = getattr(error, "getGrpcStatusCode", lambda: None)()
        if status in _REFUSED:
            return EnvironmentProblem(
                f"The server at {self._address} refused the token of {VARIABLE} ({status.name}). Ask whoever runs it "
                "for the right one."
            )
        kind = error.getCondition() or getattr(status, "name", None) or type(error).__name__
        problem = Unreachable if status is grpc.StatusCode.UNAVAILABLE else EnvironmentProblem
        return problem(
            f"What listens at {self._address} does not answer as a Spark Connect server does ({kind}). "
            f"Check {VARIABLE}."
        )

    def prepare(self, session: SparkSession, staging: Staging) -> None:
        """What its executors stage is read here, and by them.

        Raises:
            EnvironmentProblem: it is not; the message says which of the two fails, and where.
        """
        room = staging.room()
        try:
            self._meet(session, room)
        except BaseException:
            with suppress(PlatformError):  # what went wrong first is what has to be told
                room.drop()
            raise
        room.drop()
        client: Any = session.client
        client.set_retry_policies([DefaultPolicy(max_retries=self._tries, max_backoff=_LONGEST_PAUSE_MS)])

    def _meet(self, session: SparkSession, room: StagingRoom) -> None:
        where = f"what is staged at {room.url.rpartition('/')[0]}"
        with _given_up_after(_LONGEST_MEETING, session) as given_up:
            try:
                tried = staged(session.range(1), room, session, self.writing)
                rows = tried.frame.count() if tried.schema is None else 0
            except PySparkException as error:
                raise self._stranger(where, None if given_up.is_set() else _reason(error)) from None
        if tried.schema is not None or tried.is_empty or rows != 1:
            raise EnvironmentProblem(
                f"The cluster at {self._address} wrote {where}, and it is not to be seen from here: name a bucket, "
                "or a folder that its machines and this one share, by DATAOPS_STAGING_URL."
            )

    def _stranger(self, where: str, reason: str | None) -> EnvironmentProblem:
        if reason is None:
            return EnvironmentProblem(
                f"No executor of the cluster at {self._address} has written a row within {_LONGEST_MEETING:.0f} s. "
                "Check that it has workers, and that others leave some of them free."
            )
        return EnvironmentProblem(
            f"The cluster at {self._address} cannot write and read {where} ({reason}). "
            "It needs the same storage as this process: Hadoop's S3 connector with keys or a role for a bucket, "
            "or the folder mounted. DATAOPS_STAGING_URL names another place."
        )

    def stop(self) -> None:
        """It is somebody else's: it stays."""


def remote_engine(address: ConnectAddress, staging: Staging) -> ConnectEngine:
    """Runs Spark DataFrames on the server at the address; nothing is contacted before the first question."""
    return ConnectEngine(RemoteSpark(address), staging)


def _release(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _reason(error: PySparkException) -> str:
    """The kind of the error that lies deepest, without its text, which can hold values."""
    kinds = re.findall(r"\b[a-z][\w.]*\.([A-Z]\w*(?:Exception|Error))\b", str(error))
    return kinds[-1] if kinds else error.getCondition() or type(error).__name__


@contextmanager
def _given_up_after(seconds: float, session: SparkSession) -> Iterator[Event]:
    """What the session is asked in here breaks off after so long, and the event says that this was why."""
    given_up = Event()

    def give_up() -> None:
        given_up.set()
        with suppress(PySparkException):  # it has just come to an end
            session.interruptAll()

    patience = Timer(seconds, give_up)
    patience.start()
    try:
        yield given_up
    finally:
        patience.cancel()
