"""A lake on a real S3 server is read by Spark with the variables that everything else reads."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.engines.local_spark import spark_engine
from dataops_platform.resources.lake import DeltaLake

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DAYS = [date(2026, 1, 2), date(2026, 1, 3)]


@pytest.fixture
def lake(spark, tmp_path, monkeypatch):  # noqa: ARG001 - skips where Spark cannot run
    """A lake on S3 for a Spark of its own: where S3 is, Spark is told when it starts."""
    with seaweedfs(tmp_path) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        engine = spark_engine()
        yield DeltaLake("s3://lake", engine), engine
        engine.stop()


def test_spark_reads_what_was_published_to_s3_by_its_files_and_as_a_delta_table(lake):
    tables, engine = lake
    rows = pa.table({"id": [1, 2, 3], "ingestion_date": pa.array([DAYS[0], DAYS[0], DAYS[1]], pa.date32())})
    tables.append("rows", rows)

    by_files = tables.frame("rows", DAYS[:1])
    by_delta = engine.session.read.format("delta").load("s3://lake/rows")

    assert sorted(row["id"] for row in by_files.toArrow().to_pylist()) == [1, 2]
    assert sorted(row["id"] for row in by_delta.toArrow().to_pylist()) == [1, 2, 3]
