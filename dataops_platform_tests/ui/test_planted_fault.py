"""A day of which 40 % of the rows are missing, from the landed file to the people, and the good day after it.

With Dagster's own daemon, web server and code server, an S3 server and a web hook.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable, write_deltalake

from dataops_platform.cli import dataops
from dataops_platform.observability.incidents import SETTLES_IN
from dataops_platform_tests.resources.loopback_hook import web_hook
from dataops_platform_tests.ui.backfills import DagsterApi as CheckPages
from dataops_platform_tests.ui.dev_server import Running, dataops_dev
from dataops_platform_tests.ui.graphql import DagsterApi

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's /proc"),
]

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
ROWS = 100


def products(rows: int) -> str:
    lines = (f"p{number},secret-name,light,{number}.50" for number in range(rows))
    return "\n".join(["product_id,name,category,price", *lines, ""])


def land(running: Running, days_ago: int, rows: int) -> None:
    running.land(f"products/dt={TODAY - timedelta(days=days_ago)}/a.csv", products(rows))


def report(running: Running, monkeypatch: pytest.MonkeyPatch, out: Path) -> tuple[int, dict]:
    """How the report ends, and what it tells of incidents and of the table."""
    for name, value in running.s3.environment().items():
        monkeypatch.setenv(name, value)
    asked = ["quality-report", "--tables", "products", "--out", str(out), "--json"]
    result = CliRunner().invoke(dataops, asked)
    told = json.loads(result.stdout)
    [table] = told["tables"]
    [rows] = [trend for trend in table["trends"] if trend["metric"] == "row_count"]
    states = {day["day"]: day["state"] for day in table["days"]}
    return result.exit_code, {"incidents": told["incidents"], "unusual": [*rows["unusual"]], "states": states}


def ten_minutes_pass(running: Running) -> None:
    """What was written of incidents was written ten minutes earlier."""
    where, storage = "s3://lake/observability/incidents", running.s3.environment()
    rows = DeltaTable(where, storage_options=storage).to_pyarrow_table()
    moved = pa.array([at - SETTLES_IN for at in rows["at"].to_pylist()], rows.schema.field("at").type)
    rows = rows.set_column(rows.schema.get_field_index("at"), "at", moved)
    write_deltalake(where, rows, mode="overwrite", storage_options=storage)


def test_a_planted_fault_is_one_incident_and_the_next_good_day_closes_it(tmp_path, monkeypatch):
    with web_hook() as (address, told, _), dataops_dev(tmp_path, DATAOPS_ALERT_URLS=address) as running:
        dagster, checks = DagsterApi(running.url), CheckPages(running.url)

        def is_judged(day: date) -> bool:
            return str(day) in checks.checked("silver/products", "row_count_is_usual")

        for days_ago in range(2, 12):
            land(running, days_ago, ROWS + days_ago % 3)
        land(running, 1, 6 * ROWS // 10)
        dagster.switch("landing_sensor", on=True)
        dagster.until(lambda: is_judged(YESTERDAY), "the fault to be judged")
        dagster.switch("incident_sensor", on=True)
        dagster.until(lambda: told, "the daemon to tell of it")
        dagster.switch("incident_sensor", on=False)

        assert dagster.look("incident_sensor") == "Everybody has been told everything."
        [message] = told
        assert message["title"] == "products: unusual"
        assert message["message"].startswith("row_count is 60; ")
        assert f"Dates: {YESTERDAY}" in message["message"]
        assert "A part of the source's files did not come, or they were cut off." in message["message"]
        assert "secret" not in message["message"]
        assert checks.checked("silver/products", "row_count_is_usual")[str(YESTERDAY)] is False
        assert checks.checked("silver/products", "partition_is_accepted")[str(YESTERDAY)] is True
        code, found = report(running, monkeypatch, tmp_path / "quality")
        assert code == 3
        [incident] = found["incidents"]
        assert (incident["table"], incident["is_over"], incident["kinds"]) == ("products", False, ["unusual"])
        assert str(YESTERDAY) in found["unusual"]

        land(running, 0, ROWS + 1)
        dagster.until(lambda: is_judged(TODAY), "the good day to be judged")
        dagster.look("incident_sensor")
        assert len(told) == 1, "it may come back within ten minutes"
        ten_minutes_pass(running)
        dagster.look("incident_sensor")
        dagster.look("incident_sensor")

        assert [one["title"] for one in told] == ["products: unusual", "Recovered: products: unusual"]
        code, found = report(running, monkeypatch, tmp_path / "quality")
        assert code == 0
        assert [one["is_over"] for one in found["incidents"]] == [True]
        assert found["states"][str(TODAY)] == "published"
