"""The engine `spark`: Spark on the JVM of this machine, as a child process that ends with this one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.child_process import guarded_child
from dataops_platform.resources.engine import QUIET, ConnectEngine
from dataops_platform.resources.spark_jars import installed_jars, pyspark_jars

_OLDEST_JAVA = 17
_LONGEST_START = 180.0
#: What Spark's own scripts open to it in the modules of Java.
_OPENED = [
    "java.lang",
    "java.lang.invoke",
    "java.lang.reflect",
    "java.io",
    "java.net",
    "java.nio",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "jdk.internal.ref",
    "sun.nio.ch",
    "sun.nio.cs",
    "sun.security.action",
    "sun.util.calendar",
]
#: For one machine: the defaults are for clusters, and make a tiny write to Delta take twenty seconds instead of one.
_SETTINGS = {
    **QUIET,
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "1",
    # As every other writer here has them; Spark's own kind is read by few.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


class LocalSpark:
    """A Spark Connect server on the JVM, with Delta, on loopback."""

    settings: Mapping[str, str] = MappingProxyType({})  # it is started with all of them

    def __init__(self, *, memory: str = "2g") -> None:
        self._memory = memory
        self._running = ExitStack()

    def start(self) -> str:
        """The server runs; where, as `sc://host:port`.

        Raises:
            EnvironmentProblem: no Java, no jars of Delta, or the server ended; the message says what to do.
        """
        java, port = found_java(), _free_port()
        folder = Path(self._running.enter_context(tempfile.TemporaryDirectory(prefix="dataops-spark-")))
        log = folder / "spark.log"
        command = _command(java, self._memory, {**_SETTINGS, **_places(folder, port)})
        try:
            child = self._running.enter_context(
                guarded_child(command, folder=folder, log=log, environment=dict(os.environ))
            )
            _wait(child, port, log)
        except BaseException:
            self._running.close()
            raise
        return f"sc://127.0.0.1:{port}"

    def stop(self) -> None:
        """The server is gone, and nothing of it is left."""
        self._running.close()


class SparkEngine(ConnectEngine):
    """Runs Spark DataFrames on the JVM of this machine."""

    def __init__(self) -> None:
        super().__init__(LocalSpark())


def found_java() -> str:
    """The Java to run: of JAVA_HOME, or the one on PATH.

    Raises:
        EnvironmentProblem: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False) if java else None
    version = told.stderr.partition('"')[2].partition(".")[0] if told else ""
    if not java or not version.isdigit() or int(version) < _OLDEST_JAVA:
        raise EnvironmentProblem(
            f"DATAOPS_ENGINE=spark needs Java {_OLDEST_JAVA} or newer; found {version or 'none'}. Install one (Debian: "
            "apt-get install openjdk-17-jre-headless), or set JAVA_HOME. DATAOPS_ENGINE=embedded needs no Java."
        )
    return java


def _command(java: str, memory: str, settings: dict[str, str]) -> list[str]:
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
    # One machine's worth of work ends before the second compiler has paid for itself: half the time of a small run.
    machine = [f"-Xmx{memory}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    classes = ":".join([*map(str, installed_jars()), f"{pyspark_jars()}/*"])
    asked = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    return [
        java,
        *machine,
        *opened,
        "-Dio.netty.tryReflectionSetAccessible=true",
        *("-cp", classes, "org.apache.spark.deploy.SparkSubmit", "--master", "local[*]", *asked),
        *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"),
    ]


def _places(folder: Path, port: int) -> dict[str, str]:
    return {
        "spark.connect.grpc.binding.port": str(port),
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _LONGEST_START
    while child.poll() is None and time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    words = log.read_text(errors="replace").strip().splitlines()
    said = next((line for line in words if "Exception" in line or "Error" in line), "nothing")
    raise EnvironmentProblem(
        f"Spark did not start within {_LONGEST_START:.0f} s, or ended with {child.poll()}; it said: {said[:300]}"
    )
