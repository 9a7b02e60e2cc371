"""A refused date is released through the real web server and daemon, as its pages do it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataops_platform.layers.quarantine_jobs import LIST, RELEASE, SENSOR, STEPS
from dataops_platform.layers.runs import JOB
from dataops_platform.layers.sensors import LANDING_SENSOR
from dataops_platform_tests.ui.graphql import DagsterApi

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's /proc"),
]

DAY = "2026-06-04"
SAID = {"table": "support_tickets", "dates": [DAY], "by": "ann", "reason": "counted twice"}
RANGE = {"dagster/asset_partition_range_start": DAY, "dagster/asset_partition_range_end": DAY}
ASSETS = ("bronze/support_tickets", "quarantine/support_tickets", "silver/support_tickets")


@pytest.fixture
def api(running):
    """The server, once it has refused the date; nothing of it is in silver."""
    asked = DagsterApi(running.url)
    assert asked.is_on(SENSOR), "it starts switched on, also where the landing sensor does not"
    assert not asked.is_on(LANDING_SENSOR)
    refused = asked.launch(JOB, tags=RANGE, assets=ASSETS)
    assert asked.end(refused) == "FAILURE"
    assert running.rows("silver/support_tickets", "ticket_id") == []
    return asked


def test_a_refused_date_is_released_and_its_silver_partition_materialises(running, api):
    assert "support_tickets of 2026-06-04 was refused" in api.told(api.launch(LIST))["refused"]
    config = {"ops": {STEPS[RELEASE]: {"config": SAID}}}

    api.switch(SENSOR, on=False)
    told = api.told(api.launch(RELEASE, config=config))
    assert told["done"] == "1 date of support_tickets released now, 0 before."
    assert not api.is_on(SENSOR)
    assert "does not start by itself" in told["next"], "people are told, not left waiting"
    assert DAY not in api.materialised("silver/support_tickets")

    api.switch(SENSOR, on=True)
    api.until(lambda: DAY in api.materialised("silver/support_tickets"), "the silver partition")
    assert running.rows("silver/support_tickets", "ticket_id") == [("k1",), ("k2",)]
    assert running.rows("quarantine/support_tickets", "ticket_id") == [("k1",)]
    assert len(running.rows("bronze/support_tickets", "ticket_id")) == 3

    before = running.version("silver/support_tickets")
    again = api.told(api.launch(RELEASE, config=config))
    assert again["done"] == "0 dates of support_tickets released now, 1 before."
    assert again["next"] == "Nothing is due by it."
    assert running.version("silver/support_tickets") == before
