"""Runs a module with local Spark and Delta as they come: none of this project's settings for one machine.

Left are those without which it would not start here or rows would come out otherwise. What is off: the archive of
classes and the JVM's flags, settings for few cores, telling Spark a table's files instead of letting Delta's reader
find them, and the parquet options for rows that are read once.
"""

import runpy
import sys

from dataops_platform.engines import spark_classes, spark_command
from dataops_platform.engines.local_spark import LocalSpark


def as_it_comes() -> None:
    """Engines of this process that are made from now on are Spark by default."""
    spark_command.settings = spark_command.needed
    spark_command.collector = lambda: "-XX:+UseG1GC"  # the one that a JVM takes by itself
    spark_classes.flags = lambda java, jars: []  # noqa: ARG005 # it is asked by these names
    LocalSpark.writing = {}
    LocalSpark.reads_files = False


if __name__ == "__main__":
    as_it_comes()
    _, module, *sys.argv[1:] = sys.argv
    runpy.run_module(module, run_name="__main__", alter_sys=True)
