"""The nightly upkeep: every table is found, and made small by the job and by the command."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataops_platform.definitions import build_definitions
from dataops_platform.layers.steps import publish_silver
from dataops_platform.layers.upkeep_job import JOB, SCHEDULE, maintained
from dataops_platform.layers.watch import watch
from dataops_platform.resources.environments import read_settings, upkeep_of
from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.resources.given_rows import raised

pytestmark = pytest.mark.integration

UPKEEP_EVERY = 10
OWN = ("observability/", "catalog/")


def test_every_table_that_grows_by_a_file_a_step_is_made_small_and_nothing_else_is_touched(
    platform_of, shipped_tables
):
    small = platform_of(shipped_tables)
    for number in (2, 3):
        small.land("customers", day(number), "customer_id,name\nc1,Ann\n")
        small.sync()
    watch(small.ports, small.instance, datetime.now(UTC))
    lake = Path(small.folder / "lake")
    logs = {path.parent.relative_to(lake).as_posix() for path in lake.rglob("_delta_log")}
    own = {table for table in logs if table.startswith(OWN)}
    published, upkeep = small.published(), upkeep_of(small.ports)
    versions = {table: small.ports.lake.history(table)[0]["version"] for table in logs - own}

    done = small.definitions().resolve_job_def(JOB).execute_in_process(instance=small.instance)

    assert done.success
    assert set(upkeep.tables()) == logs
    assert own >= {"observability/verdicts", "observability/profiles"}
    assert {upkeep.look(table).files for table in own} == {1}
    assert {table: small.ports.lake.history(table)[0]["version"] for table in logs - own} == versions
    assert small.published() == published
    assert small.sync().due == type(small.sync().due)(), "nothing became due by it"


def test_a_run_that_passed_over_a_table_of_a_newer_protocol_has_done_all_others_and_fails_naming_it(
    platform_of, shipped_tables
):
    small = platform_of(shipped_tables)
    small.land("customers", day(2), "customer_id,name\nc1,Ann\n")
    small.sync()
    raised(small.lake_url, "silver/customers", minReaderVersion=4, minWriterVersion=9)

    done = (
        small.definitions()
        .resolve_job_def(JOB)
        .execute_in_process(instance=small.instance, raise_on_error=False)
    )

    assert not done.success
    [failure] = [event.step_failure_data for event in done.all_events if event.is_step_failure]
    told = failure.user_failure_data
    assert (told.description or "").startswith("silver/customers: ")
    assert "newer Delta protocol (version 4)" in told.description
    assert "\n" not in told.description
    assert "| silver/customers |" in told.metadata["tables"].value
    upkeep = upkeep_of(small.ports)
    own = [table for table in upkeep.tables() if table.startswith(OWN)]
    assert own
    assert {upkeep.look(table).commits for table in own} == {0}


def test_after_ninety_daily_loads_of_small_files_a_date_is_one_file_and_a_reader_opens_few(
    platform_of, shipped_tables
):
    [products] = [table for table in shipped_tables if table.name == "products"]
    small = platform_of([products])
    days = [day(1) + timedelta(days=number) for number in range(90)]
    upkeep, most = upkeep_of(small.ports), []
    for number, on in enumerate(days, 1):
        for file in range(5):
            small.land("products", on, f"product_id,name\n{number}-{file},Mug\n", name=f"{file}.csv")
        small.load_bronze("products", [on])
        if number % UPKEEP_EVERY == 0:
            kept = list(maintained(upkeep))
            most.append(max(one.before.files for one in kept if one.before and one.table.startswith(OWN)))
    publish_silver(small.ports, products, days, "run")

    for layer in ("bronze", "silver"):
        facts = small.ports.lake.partitions(f"{layer}/products")
        assert {on: (one.files, one.rows) for on, one in facts.items()} == dict.fromkeys(days, (1, 5))
    found = {table: upkeep.look(table) for table in upkeep.tables()}
    assert max(heap.commits for heap in found.values()) <= UPKEEP_EVERY
    assert max(most) <= 1 + 2 * UPKEEP_EVERY, "files that came since the last upkeep, and the one it left"


def test_it_is_done_every_night_where_sensors_run(shipped_tables):
    for switch, status in (("off", "STOPPED"), ("on", "RUNNING")):
        made = build_definitions(read_settings({"DATAOPS_SENSORS": switch}), shipped_tables)
        schedule = made.resolve_schedule_def(SCHEDULE)
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 3 * * *", "UTC")
        assert schedule.default_status.value == status
