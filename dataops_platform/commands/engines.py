"""This file holds `dataops engines`: what an engine needs beside Python is there afterwards."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rich.console import Console

from dataops_platform.engines.engine_files import engine_files
from dataops_platform.engines.spark_cluster import SparkCluster, spark_cluster
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.spark_setup import set_up

_LOOK_EVERY = 0.5


def run_install(console: Console) -> int:
    """Local Spark can run; the console says what was done for it."""
    set_up(lambda text: console.print(text, highlight=False, soft_wrap=True))
    console.print(
        f"DATAOPS_ENGINE=spark is ready; its files are in {engine_files()}.", highlight=False, soft_wrap=True
    )
    return 0


def run_cluster(console: Console, *, workers: int, memory: str) -> int:
    """A Spark cluster runs on this machine until somebody ends it; the console says how to use it."""
    console.print(f"Starting a master, {workers} workers and a Connect server on loopback …", soft_wrap=True)
    with (
        tempfile.TemporaryDirectory(prefix="dataops-cluster-") as folder,
        spark_cluster(Path(folder), workers=workers, memory=memory) as cluster,
    ):
        console.print(
            "The cluster is ready. Ctrl-C ends it. In another shell, with the same AWS_* variables:"
        )
        console.print(
            f"  export DATAOPS_ENGINE=connect DATAOPS_CONNECT_URL='{cluster.url}'",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
        console.print("  dataops doctor", highlight=False)
        try:
            _watch(cluster)
        except KeyboardInterrupt:
            console.print("The cluster ends.")
    return 0


def _watch(cluster: SparkCluster) -> None:
    """Until somebody ends it."""
    while (ended := cluster.ended()) is None:
        time.sleep(_LOOK_EVERY)
    raise EnvironmentProblem(f"The cluster's {ended} ended on its own. Start the cluster again.")
