"""The engine `spark`: Spark on the JVM of this machine, as a child process that ends with this one."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from dataops_platform.core.interruption import interruption
from dataops_platform.engines import spark_classes, spark_command
from dataops_platform.engines.child_process import guarded_child
from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.engines.java import found_java
from dataops_platform.engines.spark_jars import installed_jars
from dataops_platform.errors import EnvironmentProblem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dataops_platform.engines.staging import Staging

_LONGEST_START = 180.0
_LONGEST_END = 300.0
_ROWS_A_GROUP_BYTES = 16 * 1024 * 1024


class LocalSpark:
    """A Spark Connect server on the JVM, with Delta, on loopback, for this process alone."""

    settings: Mapping[str, str] = MappingProxyType({})  # it is started with all of them
    writing: Mapping[str, str] = MappingProxyType(
        {
            "compression": "lz4_raw",
            # Dictionaries cost more than all the judging, for files that are read once.
            "parquet.enable.dictionary": "false",
            # A row group is what a reader holds at once.
            "parquet.block.size": str(_ROWS_A_GROUP_BYTES),
        }
    )

    reads_files = True
    is_own = True

    def __init__(self, flags: Sequence[str] | None = None) -> None:
        """`flags` of the JVM take the place of those for a quick start."""
        self._flags = flags
        self._child: subprocess.Popen[bytes] | None = None
        self._running = ExitStack()

    def start(self) -> str:
        """The server runs; where, as `sc://host:port`, with the word that lets this process in.

        Raises:
            EnvironmentProblem: no Java, no jars of Delta, or the server ended; the message says what to do.
            Interrupted: the work it would start for is over.
        """
        interruption()()
        java, jars, port, word = found_java(), installed_jars(), free_port(), secrets.token_urlsafe()
        flags = spark_classes.flags(java, jars) if self._flags is None else self._flags
        folder = Path(self._running.enter_context(tempfile.TemporaryDirectory(prefix="dataops-spark-")))
        log = folder / "spark.log"
        asked = spark_command.settings(folder, port)
        run = spark_command.command(java, flags=flags, jars=jars, asked=asked)
        # By a variable: the words of a command are everybody's to read.
        variables = {**os.environ, "SPARK_CONNECT_AUTHENTICATE_TOKEN": word, "SPARK_LOCAL_IP": "127.0.0.1"}
        try:
            self._child = self._running.enter_context(
                guarded_child(run, folder=folder, log=log, environment=variables)
            )
            wait_for(self._child, port, log)
        except BaseException:
            self._running.close()
            raise
        return f"sc://localhost:{port}/;token={word}"

    def finish(self) -> None:
        """The server was asked to end, and was given minutes for what it does at its end."""
        if self._child is not None:
            self._child.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_LONGEST_END)
        self.stop()

    def prepare(self, session: SparkSession, staging: Staging) -> None:
        """Nothing is left to be done: it was started for this."""

    def interrupt(self) -> None:
        """The server is gone this moment; `stop` clears up after it."""
        child = self._child
        if child is not None and child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)

    def stop(self) -> None:
        """The server is gone, and nothing of it is left."""
        self._child = None
        self._running.close()


class LocalSparkEngine(ConnectEngine):
    """Runs Spark DataFrames on the JVM of this machine."""

    def __init__(self) -> None:
        self._spark = LocalSpark()
        super().__init__(self._spark)

    def interrupt(self) -> None:
        """Everything that was asked of it fails at once: a query would have to be heard, planned and waited for."""
        self._spark.interrupt()


def spark_engine() -> ConnectEngine:
    """Runs Spark DataFrames on the JVM of this machine.

    Raises:
        EnvironmentProblem: no Java or no jars; the message says what to do. Told before any work begins.
    """
    found_java()
    installed_jars()
    return LocalSparkEngine()


def free_port() -> int:
    """A port of loopback on which nobody listens now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """The child listens on the port.

    Raises:
        EnvironmentProblem: it has ended, or took minutes; with the first of its log that says why.
    """
    deadline = time.monotonic() + _LONGEST_START
    while child.poll() is None and time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    words = log.read_text(errors="replace").strip().splitlines()
    said = next((line for line in words if "Exception" in line or "Error" in line), "nothing")
    raise EnvironmentProblem(
        f"Spark did not start within {_LONGEST_START:.0f} s, or ended with {child.poll()}; it said: {said[:300]}"
    )
