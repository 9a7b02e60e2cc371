"""Runs a module with local Spark as it comes: no archive of classes, no flags of the JVM, no settings of ours."""

import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

from dataops_platform.engines import spark_classes, spark_command


def plain(folder: Path, port: int) -> Mapping[str, str]:
    """What it takes for a Spark Connect server with Delta on this machine, and that rows come out the same."""
    return {
        **spark_command.SAME_ANSWERS,
        **spark_command.s3_settings(os.environ),
        **spark_command.DELTA,
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }


if __name__ == "__main__":
    spark_command.settings = plain  # type: ignore[assignment]
    spark_classes.flags = lambda _java, _jars: []
    _, module, *sys.argv[1:] = sys.argv
    runpy.run_module(module, run_name="__main__", alter_sys=True)
