"""What the conformance suite runs on: the embedded engine of all tests, and one local Spark for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dataops_platform.engines.engine import ConnectEngine
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
