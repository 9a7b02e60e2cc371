"""A Spark cluster on loopback: a standalone master, its workers and a Connect server, of the jars of pyspark."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dataops_platform.engines import spark_classes, spark_command
from dataops_platform.engines.child_process import guarded_child
from dataops_platform.engines.engine import QUIET
from dataops_platform.engines.java import Java, found_java
from dataops_platform.engines.local_spark import free_port, wait_for
from dataops_platform.engines.spark_jars import installed_jars, pyspark_jars

#: A master and a worker only keep books; their heaps are small, whatever the machine.
_BOOKKEEPER = "-Xmx256m"
_DRIVER = "-Xmx1g"


@dataclass
class SparkCluster:
    """A cluster that runs.

    Attributes:
        workers: their processes; each leads a process group, to which its executor belongs.
        server: the Connect server's process, which is the driver of all executors.
    """

    folder: Path
    java: Java
    jars: list[Path]
    variables: Mapping[str, str]
    running: ExitStack
    memory: str
    word: str = field(default_factory=secrets.token_urlsafe, repr=False)
    master_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    master: subprocess.Popen[bytes] | None = None
    server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its Connect server is, with the word that lets a client in."""
        return f"sc://localhost:{self.port}/;token={self.word}"

    @property
    def _master(self) -> str:
        return f"spark://127.0.0.1:{self.master_port}"

    def ended(self) -> str | None:
        """Which part has ended on its own; None while all run."""
        parts = {"master": self.master, "Connect server": self.server}
        parts |= {f"worker {number}": worker for number, worker in enumerate(self.workers)}
        return next((name for name, each in parts.items() if each is None or each.poll() is not None), None)

    def start_master(self) -> None:
        """The master takes workers and programs."""
        log = self.folder / "master.log"
        where = ["--host", "127.0.0.1", "--port", str(self.master_port), "--webui-port", "0"]
        self.master = self._child("deploy.master.Master", _BOOKKEEPER, where, log)
        wait_for(self.master, self.master_port, log)

    def start_worker(self) -> None:
        """One more worker offers a core and `memory`; its executor starts with the server, or when there is one."""
        number = len(self.workers)
        where = ["--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", self.memory]
        where += ["--work-dir", str(self.folder / f"worker-{number}"), self._master]
        log = self.folder / f"worker-{number}.log"
        self.workers.append(self._child("deploy.worker.Worker", _BOOKKEEPER, where, log))

    def start_server(self) -> None:
        """The Connect server answers at `url`: for the first time, or again where it had ended."""
        log = self.folder / "connect.log"
        asked = ["--master", self._master, *spark_command.CONNECT_SERVER]
        self.server = self._child("deploy.SparkSubmit", _DRIVER, asked, log)
        wait_for(self.server, self.port, log)

    def _child(self, name: str, heap: str, told: list[str], log: Path) -> subprocess.Popen[bytes]:
        flags = [*spark_classes.flags(self.java, self.jars), heap]
        command = spark_command.program(self.java, name, flags=flags, jars=self.jars)
        run = [*command, "--properties-file", str(self._properties), *told]
        return self.running.enter_context(
            guarded_child(run, folder=self.folder, log=log, environment=self._environment())
        )

    def _environment(self) -> dict[str, str]:
        """Words and keys go by variables, as the words of a command are everybody's to read."""
        return {
            **self.variables,
            "SPARK_HOME": str(pyspark_jars().parent),  # where a worker finds what an executor is made of
            "SPARK_SCALA_VERSION": _scala_version(),  # it would look for a build tree to tell it
            "SPARK_LOCAL_IP": "127.0.0.1",  # also the pages of master and workers are on loopback
            "SPARK_LOCAL_DIRS": str(self.folder / "local"),
            "SPARK_CONNECT_AUTHENTICATE_TOKEN": self.word,
            "JAVA_HOME": str(Path(self.java.command).resolve().parents[1]),
        }

    @cached_property
    def _properties(self) -> Path:
        """The settings of all of them, readable by their owner alone: the word that lets parts in is among them."""
        file = self.folder / "spark.conf"
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        told = self._settings()
        file.write_text("".join(f"{name} {value}\n" for name, value in told.items()), encoding="utf-8")
        return file

    def _settings(self) -> dict[str, str]:
        options = ["-XX:TieredStopAtLevel=1", spark_command.collector(), *spark_command.SAME_EVERYWHERE]
        return {
            **QUIET,
            **spark_command.SAME_ANSWERS,
            **spark_command.s3_settings(self.variables),
            **spark_command.DELTA,
            "spark.authenticate": "true",
            "spark.authenticate.secret": secrets.token_urlsafe(),
            "spark.master.rest.enabled": "false",
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(self.port),
            "spark.executor.memory": self.memory,
            "spark.executor.extraClassPath": ":".join(map(str, self.jars)),
            "spark.executor.extraJavaOptions": " ".join(options),
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.sql.shuffle.partitions": "4",
            "spark.databricks.delta.snapshotPartitions": "1",
            "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
            "spark.log.level": "WARN",
        }


def _scala_version() -> str:
    [jar] = pyspark_jars().glob("spark-core_*.jar")
    return jar.name.removeprefix("spark-core_").partition("-")[0]


@contextmanager
def spark_cluster(
    folder: Path, *, workers: int = 2, memory: str = "1g", variables: Mapping[str, str] | None = None
) -> Iterator[SparkCluster]:
    """A cluster runs, its files in `folder`; it is gone when the block ends or this process dies.

    Args:
        memory: of each executor, as Spark writes it.
        variables: what its programs find in their environment, the AWS_* variables for the lake among them.

    Raises:
        EnvironmentProblem: no Java, no jars, or a part ended; the message says what to do.
    """
    java, jars = found_java(), installed_jars()
    with ExitStack() as running:
        told = dict(os.environ if variables is None else variables)
        cluster = SparkCluster(folder, java, jars, told, running, memory)
        cluster.start_master()
        for _ in range(workers):
            cluster.start_worker()
        cluster.start_server()
        yield cluster
