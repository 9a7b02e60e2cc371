"""How Spark is started on this machine: flags of the JVM, and settings that a cluster would have otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataops_platform.engines.engine import QUIET
from dataops_platform.engines.java import Java
from dataops_platform.engines.spark_jars import pyspark_jars

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
#: Says the same of the same rows wherever it runs, on any machine and in any country.
SAME_EVERYWHERE = ["-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8"]
#: What SparkSubmit runs.
CONNECT_SERVER = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
#: Up to here one thread that collects garbage beats several.
_FEW_CORES = 2
#: Dates of before 1582 as every other reader and writer here has them.
_CALENDAR = {
    f"spark.sql.parquet.{kind}RebaseModeIn{way}": "CORRECTED"
    for kind in ("datetime", "int96")
    for way in ("Read", "Write")
}
#: What every session has to say the same of, whoever started the server: rows must not depend on it.
SAME_ANSWERS: Mapping[str, str] = {
    **_CALENDAR,
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # As every other writer here has them; Spark's own kind is read by few.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
#: For people's own reads, and for tables of newer protocols.
DELTA: Mapping[str, str] = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}


def s3_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """How Spark reaches S3, from the ordinary AWS_* variables; keys it takes from them itself, never from a command."""
    endpoint = variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL")
    region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION")
    told = {
        "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",  # the lake's tables are s3://…
        "fs.s3a.aws.credentials.provider": "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider",
        # Reads the pieces of a file as they are asked for; Hadoop's default is a younger stream.
        "fs.s3a.input.stream.type": "classic",
        "fs.s3a.path.style.access": "true" if endpoint else "false",
        **({"fs.s3a.endpoint": endpoint} if endpoint else {}),
        **({"fs.s3a.endpoint.region": region} if region else {}),
    }
    return {f"spark.hadoop.{name}": value for name, value in told.items()}


def needed(folder: Path, port: int) -> dict[str, str]:
    """What it takes for a Spark Connect server with Delta on this machine, and that rows come out the same."""
    return {
        **SAME_ANSWERS,
        **s3_settings(os.environ),
        **DELTA,
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }


def settings(folder: Path, port: int) -> dict[str, str]:
    """What Spark is started with, on this machine's loopback, with its files in `folder`.

    The defaults are for clusters: they make a tiny write to Delta take twenty seconds instead of one.
    """
    cores = os.cpu_count() or 1
    return {
        **QUIET,
        **needed(folder, port),
        "spark.sql.shuffle.partitions": str(max(2, cores)),
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        "spark.databricks.delta.snapshotPartitions": "1",
        # Files on this machine are listed faster than a job of Spark's that lists them is planned.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
        "spark.log.level": "WARN",
    }


def command(java: Java, *, flags: Sequence[str], jars: Sequence[Path], asked: Mapping[str, str]) -> list[str]:
    """Runs a Spark Connect server until it is told to stop."""
    return [
        *program(java, "deploy.SparkSubmit", flags=flags, jars=jars),
        *("--master", "local[*]"),
        *(part for name, value in asked.items() for part in ("--conf", f"{name}={value}")),
        *CONNECT_SERVER,
    ]


def program(java: Java, name: str, *, flags: Sequence[str], jars: Sequence[Path]) -> list[str]:
    """Runs a program of Spark's, what follows its name being for it.

    Jars are listed one by one, as an archive of classes holds for exactly one class path.
    """
    classes = [*jars, *sorted(pyspark_jars().glob("*.jar"))]
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
    return [
        java.command,
        *flags,
        collector(),
        *opened,
        *SAME_EVERYWHERE,
        "-Dio.netty.tryReflectionSetAccessible=true",
        *("-cp", ":".join(map(str, classes)), f"org.apache.spark.{name}"),
    ]


def collector() -> str:
    """How garbage is collected on this machine."""
    return "-XX:+UseSerialGC" if (os.cpu_count() or 1) <= _FEW_CORES else "-XX:+UseParallelGC"
