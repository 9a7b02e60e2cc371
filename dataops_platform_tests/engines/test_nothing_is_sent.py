"""No Python of ours runs where an engine computes: plans alone go there, so an archive of the package is not needed."""

from __future__ import annotations

import pytest
from pyspark.sql import functions as F
from pyspark.sql.connect.client import SparkConnectClient

from dataops_platform.demo.shop import make_sample
from dataops_platform.tables import load_tables
from dataops_platform_tests.engines.hostile_files import FILES, READINGS
from dataops_platform_tests.layers.small_platform import day

pytestmark = pytest.mark.integration

#: What a plan calls a function in Python, whether for a row, a batch or a source of data.
PYTHON = ("python_udf", "pandas_udf", "python_udtf", "map_partitions", "python_data_source")


@pytest.fixture
def plans(monkeypatch):
    """Every plan that was made for a server, as text; a file that is sent to one is a failure."""
    seen: list[str] = []
    for name in ("_set_relation_in_plan", "_set_command_in_plan"):
        monkeypatch.setattr(SparkConnectClient, name, _noted(getattr(SparkConnectClient, name), seen))
    for name in (
        "add_artifacts",
        "register_udf",
        "register_udtf",
        "register_data_source",
        "copy_from_local_to_fs",
    ):
        monkeypatch.setattr(SparkConnectClient, name, None)
    return seen


def _noted(method, seen):
    def noted(client, plan, message):
        seen.append(str(message))
        return method(client, plan, message)

    return noted


def python_in(plans):
    return sorted({word for plan in plans for word in PYTHON if word in plan})


def test_the_plans_of_a_sync_hold_no_python(platform_of, plans):
    small = platform_of([*load_tables(), READINGS])
    for (number, name), body in FILES.items():
        small.land("readings", day(number), body, name=name)
    for file in make_sample().files:
        table, dated, *_, name = file.key.split("/")
        if dated == "dt=2026-06-01":
            small.land(table, day(9), file.body, name=name)

    assert small.sync().errors == []

    assert small.rows("silver/readings")
    assert len(plans) > len(load_tables())
    assert python_in(plans) == []


def test_python_in_a_plan_would_be_seen(engine, plans):
    engine.session.range(2).select(F.udf(lambda n: n, "long")("id")).toArrow()
    engine.session.range(2).mapInArrow(lambda batches: batches, "id long").toArrow()

    assert python_in(plans) == ["map_partitions", "python_udf"]
