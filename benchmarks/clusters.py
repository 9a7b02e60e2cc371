"""Spark clusters under measurement: they run before the work and after it, as a cluster that others use does."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dataops_platform.engines.spark_cluster import spark_cluster


@contextmanager
def clusters(workers: Sequence[int]) -> Iterator[Mapping[str, str]]:
    """By name, as `connect-2` of two workers, the URL of each cluster; all of them run until the block ends."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    with ExitStack() as running:
        found = {}
        for count in workers:
            folder = Path(running.enter_context(TemporaryDirectory(prefix="dataops-cluster-")))
            started = spark_cluster(folder, workers=count, memory="2g", variables=variables)
            found[f"connect-{count}"] = running.enter_context(started).url
        yield found
