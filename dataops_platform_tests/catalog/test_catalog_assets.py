"""The catalogue in Dagster: an asset that a nightly schedule makes anew."""

import dagster as dg
import pytest

from dataops_platform.catalog.assets import JOB
from dataops_platform.catalog.crawl import kept
from dataops_platform.definitions import build_definitions
from dataops_platform.resources.environments import Settings
from dataops_platform_tests.layers.small_platform import FIRST_DATE, day

pytestmark = pytest.mark.integration


def definitions(small, *, sensors_run=False):
    settings = Settings("test", "embedded", "landing", "lake", FIRST_DATE, sensors_run)
    return build_definitions(settings, small.tables, platform=small.ports)


def test_the_catalogue_is_made_every_night_where_sensors_run(platform_of, shipped_tables):
    small = platform_of(shipped_tables)
    for switch, status in ((False, "STOPPED"), (True, "RUNNING")):
        schedule = definitions(small, sensors_run=switch).resolve_schedule_def("nightly_catalog")

        assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "UTC")
        assert schedule.default_status.value == status


def test_a_night_describes_what_the_day_has_published(platform_of, shipped_tables):
    small = platform_of(shipped_tables)
    small.land("customers", day(2), "customer_id,city\nc1,Rome\n,Oslo\n")
    small.sync()

    done = definitions(small).resolve_job_def(JOB).execute_in_process(instance=small.instance)

    rows = {entry["table"]: entry["rows"] for entry in kept(small.ports.lake_store)["tables"]}
    assert rows["bronze/customers"] == 2
    assert rows["silver/customers"] == rows["quarantine/customers"] == rows["gold/customer_360"] == 1
    assert b"customer_360" in (small.ports.lake_store.read("catalog/site/index.html") or b"")
    assert b"team:" in (small.ports.lake_store.read("catalog/site/tables/silver-customers.html") or b"")
    (made,) = done.asset_materializations_for_node("catalog__metadata")
    assert made.metadata["unreadable"] == dg.JsonMetadataValue([])
    assert made.metadata["tables"].value == len(rows)
