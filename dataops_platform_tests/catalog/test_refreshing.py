"""Pages follow results: one rebuild for all that is new, none where nothing is, and only changed tables looked at."""

import re
from importlib.resources import files
from io import StringIO

import dagster as dg
import orjson
import pytest
from rich.console import Console

from dataops_platform.catalog.assets import JOB
from dataops_platform.catalog.crawl import kept
from dataops_platform.catalog.describing import describe, newest_result, refresh
from dataops_platform.catalog.refreshing import CHANGED_TAG, SENSOR, catalog_sensor
from dataops_platform.catalog.templates import FOLDER, ROOM
from dataops_platform.commands.docs import keep_up
from dataops_platform.definitions import build_definitions
from dataops_platform.resources.environments import Settings, inventory_of
from dataops_platform_tests.layers.small_platform import FIRST_DATE, day

pytestmark = pytest.mark.integration

CUSTOMERS = "customer_id,city\n"
ASSETS = [dg.AssetKey(["catalog", name]) for name in ("metadata", "site")]


class Pages:
    """The sensor and its job, as Dagster's daemon would use them."""

    def __init__(self, small):
        self.small, self.cursor, self.rebuilds = small, None, 0
        settings = Settings("test", "embedded", "landing", "lake", FIRST_DATE)
        self.job = build_definitions(settings, small.tables, platform=small.ports).resolve_job_def(JOB)

    def land(self, on, *ids, table="customers"):
        self.small.land(table, day(on), CUSTOMERS + "".join(f"{one},Rome\n" for one in ids))
        assert self.small.sync().errors == []

    def tick(self):
        resources = {"platform": self.small.ports}
        with dg.build_sensor_context(self.small.instance, cursor=self.cursor, resources=resources) as context:
            answer = catalog_sensor(JOB, ASSETS).evaluate_tick(context)
        self.cursor = answer.cursor
        assert bool(answer.skip_message) is not bool(answer.run_requests)
        return next(iter(answer.run_requests or ()), None)

    def ticks(self, count):
        """So many looks; each run that is asked for is done before the next."""
        for _ in range(count):
            if wanted := self.tick():
                self.job.execute_in_process(instance=self.small.instance, tags=wanted.tags)
                self.rebuilds += 1
        return self.rebuilds

    def page(self, path="tables/silver-customers.html"):
        return (self.small.ports.lake_store.read(f"catalog/site/{path}") or b"").decode()


@pytest.fixture
def pages(platform_of, shipped_tables):
    return Pages(platform_of(shipped_tables))


def test_all_results_since_the_last_look_are_one_rebuild_and_no_result_is_none(pages):
    assert pages.ticks(2) == 0
    pages.land(1, "c1")
    pages.land(2, "c2")

    assert pages.ticks(3) == 1
    assert "2 published" in pages.page()

    pages.land(3, "c3", "c3")
    assert pages.ticks(3) == 2
    assert "customers of 2026-01-03 was refused" in pages.page()


def test_while_pages_are_made_none_are_asked_for_and_what_came_meanwhile_is_not_lost(pages):
    pages.land(1, "c1")
    run = dg.DagsterRun(JOB, status=dg.DagsterRunStatus.STARTED)
    pages.small.instance.add_run(run)

    assert pages.tick() is None
    pages.small.instance.delete_run(run.run_id)
    assert pages.tick() is not None


def test_only_tables_with_new_results_are_looked_at_again(pages):
    platform = pages.small.ports
    pages.land(1, "c1")
    before = describe(platform, inventory_of(platform))
    old = {**before, "crawled_at": "2999-01-01T00:00:00+00:00"}  # no result is newer
    for entry in old["tables"]:
        entry["rows"] = -1
    platform.lake_store.put("catalog/metadata.json", orjson.dumps(old))

    assert {entry["rows"] for entry in refresh(platform, inventory_of(platform))["tables"]} == {-1}


def test_a_refresh_tells_what_a_whole_crawl_would_and_adds_no_row_of_history(pages):
    platform = pages.small.ports
    pages.land(1, "c1")
    describe(platform, inventory_of(platform))
    pages.land(2, "c2", "c3")

    refreshed = refresh(platform, inventory_of(platform))["tables"]

    assert refreshed == kept(platform.lake_store)["tables"]
    crawls = platform.lake.records("catalog/metadata")
    assert crawls is not None
    assert len(set(crawls["crawled_at"].to_pylist())) == 1
    assert describe(platform, inventory_of(platform))["tables"] == refreshed


def test_the_sensor_is_on_where_sensors_run(platform_of, shipped_tables):
    small = platform_of(shipped_tables)
    for switch, status in ((False, "STOPPED"), (True, "RUNNING")):
        settings = Settings("test", "embedded", "landing", "lake", FIRST_DATE, switch)
        sensor = build_definitions(settings, small.tables, platform=small.ports).resolve_sensor_def(SENSOR)

        assert sensor.default_status.value == status


def test_a_run_that_nobody_tagged_looks_at_everything(pages):
    pages.land(1, "c1")
    wanted = pages.tick()
    assert wanted is not None
    assert CHANGED_TAG in wanted.tags
    for tags in (dict[str, str](), wanted.tags):
        pages.job.execute_in_process(instance=pages.small.instance, tags=tags)

    crawls = pages.small.ports.lake.records("catalog/metadata")
    assert crawls is not None
    assert len(set(crawls["crawled_at"].to_pylist())) == 1


def test_looks_and_questions_leave_half_of_the_half_minute_to_the_run_between_them(
    platform_of, shipped_tables
):
    """A result is seen by the next look, and its pages by the next question of a page that is open."""
    small = platform_of(shipped_tables)
    settings = Settings("test", "embedded", "landing", "lake", FIRST_DATE, True)
    sensor = build_definitions(settings, small.tables, platform=small.ports).resolve_sensor_def(SENSOR)
    script = files(ROOM).joinpath(FOLDER, "site.js").read_text()
    [asked_every] = re.findall(r"EVERY = ([\d_]+)", script)

    assert (sensor.minimum_interval_seconds or 60) + int(asked_every) / 1000 <= 15


def test_served_pages_are_written_anew_as_often_as_there_are_results(pages, tmp_path):
    platform, out = pages.small.ports, tmp_path / "site"
    pages.land(1, "c1")
    describe(platform, inventory_of(platform))

    def looks():
        yield
        pages.land(2, "c2")
        yield
        yield
        pages.land(3, "c3")
        pages.land(4, "c4")
        yield
        yield

    console = Console(record=True, file=StringIO(), width=500)
    keep_up(console, platform, out, looks())

    assert console.export_text().count("files in") == 2
    assert "4 published" in (out / "tables" / "silver-customers.html").read_text()


def test_a_look_lists_only_what_came_after_the_last(pages):
    pages.land(1, "c1")
    store = pages.small.ports.lake_store
    seen = newest_result(store)
    pages.land(2, "c2")

    newest = newest_result(store, seen)

    assert newest > seen
    assert newest_result(store, newest) == newest
    assert newest.endswith(".json")
