"""What the conformance suite runs on: the embedded engine of all tests, one local Spark for all, and one cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.engines.java import found_java
from dataops_platform.engines.spark_cluster import SparkCluster, spark_cluster
from dataops_platform.engines.spark_jars import installed_jars
from dataops_platform.errors import EnvironmentProblem


@pytest.fixture(scope="session")
def spark() -> Iterator[ConnectEngine]:
    """Spark on the JVM of this machine."""
    from dataops_platform.engines.local_spark import spark_engine

    try:
        started = spark_engine()
    except EnvironmentProblem as missing:
        pytest.skip(str(missing))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server that the cluster knows; who uses it has its variables for as long."""
    with seaweedfs(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def cluster(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    """A master, two workers and a Connect server; a test that ends one of them starts it again."""
    try:
        found_java()
        installed_jars()
    except EnvironmentProblem as missing:
        pytest.skip(str(missing))
    variables = {**os.environ, **s3.environment()}
    with spark_cluster(tmp_path_factory.mktemp("cluster"), variables=variables) as started:
        yield started


@pytest.fixture(scope="module")
def known_s3(s3: S3Server) -> Iterator[S3Server]:
    """The S3 server, and everything here finds it by the variables."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in s3.environment().items():
            patched.setenv(name, value)
        yield s3
