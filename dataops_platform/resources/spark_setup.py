"""Setting up local Spark, once: its jars are fetched, and an archive of its classes is made by using them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from dataops_platform.engines import spark_classes
from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.engines.java import found_java
from dataops_platform.engines.local_spark import LocalSpark
from dataops_platform.engines.spark_jars import install_jars, installed_jars
from dataops_platform.resources.lake import DeltaLake


def set_up(announce: Callable[[str], None]) -> None:
    """Local Spark can run from now on, without a network, and starts quickly; what is there already stays.

    Raises:
        EnvironmentProblem: no Java, or a jar that could not be fetched; the message says what to do.
    """
    java = found_java()
    announce(f"Java {java.version} at {java.command}.")
    fetched = install_jars(java.command)
    jars = installed_jars()
    announce(f"{len(fetched)} jars fetched, {len(jars) - len(fetched)} were there.")
    archive = spark_classes.archive_for(java, jars)
    if not archive.is_file():
        announce("Making an archive of Spark's classes, for quick starts: half a minute.")
        _make(archive)
    _remove_outdated(archive)


def _make(archive: Path) -> None:
    unfinished = archive.with_suffix(".unfinished")
    server = LocalSpark(spark_classes.making_flags(unfinished))
    engine = ConnectEngine(server)
    try:
        _use(engine)
        server.finish()
    finally:
        engine.stop()
    if unfinished.is_file():  # the JVM writes it whole as its last deed
        unfinished.replace(archive)


def _remove_outdated(archive: Path) -> None:
    """Archives of other jars or another Java's update are of no use any more."""
    for other in archive.parent.glob("spark-classes-*"):
        if other != archive:
            other.unlink()


def _use(engine: ConnectEngine) -> None:
    """Some of everything that a run asks of Spark, so that its classes are known."""
    rows = pa.table(
        {"id": [1, 2, 2], "text": ["a", "b", None], "ingestion_date": pa.array([0, 0, 1], pa.date32())}
    )
    with tempfile.TemporaryDirectory(prefix="dataops-") as folder:
        lake = DeltaLake(folder, engine)
        lake.append("rows", rows)
        frame = lake.frame("rows")
        if frame is None:
            return
        last = Window.partitionBy("id").orderBy(F.desc("text"))
        told = frame.withColumns(
            {
                "amount": F.col("text").try_cast("decimal(18,2)"),
                "at": F.col("text").try_cast("timestamp"),
                "is_word": F.col("text").rlike("^[a-z]"),
                "nth": F.row_number().over(last),
            }
        )
        staged = engine.stage(told.join(frame.select("id").distinct(), "id", "left"))
        staged.frame.groupBy("ingestion_date").agg(F.count("*"), F.max("at"), F.sum("amount")).toArrow()
        staged.drop()
