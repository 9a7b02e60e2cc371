"""The nightly upkeep: every table of the platform's own is found, and made small by the job and by the command."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataops_platform.definitions import build_definitions
from dataops_platform.layers.upkeep_job import JOB, SCHEDULE
from dataops_platform.layers.watch import watch
from dataops_platform.resources.environments import read_settings, upkeep_of
from dataops_platform_tests.layers.small_platform import day

pytestmark = pytest.mark.integration


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
    own = {table for table in logs if table.startswith(("observability/", "catalog/"))}
    published, upkeep = small.published(), upkeep_of(small.ports)
    versions = {table: small.ports.lake.history(table)[0]["version"] for table in logs - own}

    done = small.definitions().resolve_job_def(JOB).execute_in_process(instance=small.instance)

    assert done.success
    assert set(upkeep.tables()) == own >= {"observability/verdicts", "observability/profiles"}
    assert {upkeep.look(table).files for table in own} == {1}
    assert {table: small.ports.lake.history(table)[0]["version"] for table in logs - own} == versions
    assert small.published() == published
    assert small.sync().due == type(small.sync().due)(), "nothing became due by it"


def test_it_is_done_every_night_where_sensors_run(shipped_tables):
    for switch, status in (("off", "STOPPED"), ("on", "RUNNING")):
        made = build_definitions(read_settings({"DATAOPS_SENSORS": switch}), shipped_tables)
        schedule = made.resolve_schedule_def(SCHEDULE)
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 3 * * *", "UTC")
        assert schedule.default_status.value == status
