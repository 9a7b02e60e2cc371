"""Signs of Dagster itself: runs, sensors and schedules that fail become incidents, and are over when they do not."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._utils.error import serializable_error_info_from_exc_info

from dataops_platform.core.measurement import Measurement
from dataops_platform.core.rules import Limit
from dataops_platform.errors import Unreachable
from dataops_platform.layers.run_signs import run_signs
from dataops_platform.layers.runs import JOB
from dataops_platform.layers.watch import watch
from dataops_platform.observability import metrics
from dataops_platform.observability.incidents import history
from dataops_platform_tests.layers.small_platform import day

pytestmark = pytest.mark.integration

NINE = datetime(2026, 1, 9, 9, tzinfo=UTC)
ADDRESS = "ada@private.example"
SOUND = "customer_id,name\nc1,Ann\n"


@pytest.fixture
def instance(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as made:
        yield made


@pytest.fixture
def small(platform_of, shipped_tables, instance):
    made = platform_of(shipped_tables)
    made.instance = instance
    return made


class Instigator:
    """A sensor or schedule as the daemon remembers it."""

    def __init__(self, instance: dg.DagsterInstance, name: str, kind: InstigatorType = InstigatorType.SENSOR):
        location = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name="here")
        self.origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
        self.instance, self.name, self.kind, self.minutes = instance, name, kind, count()
        told = ScheduleInstigatorData("0 6 * * *") if kind == InstigatorType.SCHEDULE else None
        self.state = InstigatorState(self.origin, kind, InstigatorStatus.RUNNING, told)
        instance.add_instigator_state(self.state)

    def ticks(self, *errors: Exception | None, status: TickStatus | None = None) -> None:
        """It has ticked so often, a minute after another; each with this error, or well."""
        for error in errors:
            told: Any = serializable_error_info_from_exc_info(raised(error)) if error else None
            self.instance.create_tick(
                TickData(
                    instigator_origin_id=self.state.instigator_origin_id,
                    instigator_name=self.name,
                    instigator_type=self.kind,
                    status=status or (TickStatus.FAILURE if error else TickStatus.SKIPPED),
                    timestamp=(NINE + timedelta(minutes=next(self.minutes))).timestamp(),
                    error=told,
                    selector_id=self.state.selector_id,
                )
            )


def raised(error: Exception) -> Any:
    """The error as it comes out of a sensor's function: Dagster's, with ours as its cause."""

    def look() -> None:
        raise error

    def tick() -> None:
        try:
            look()
        except Exception as cause:
            raise dg.Failure("The tick failed.") from cause

    with pytest.raises(dg.Failure) as caught:
        tick()
    return caught.type, caught.value, caught.tb


def found(small):
    return run_signs(small.ports, small.instance, NINE)


AWAY = Unreachable("The bucket does not answer.")


def test_a_sensor_that_fails_again_and_again_is_an_incident_with_what_it_says(small):
    sensor = Instigator(small.instance, "landing_sensor")
    sensor.ticks(AWAY, AWAY)
    assert found(small) == [], "it may be over at the next look"
    sensor.ticks(AWAY)

    watch(small.ports, small.instance, NINE)

    [one] = history(small.ports.lake)
    assert (one.table, one.kinds, one.state, one.is_told) == ("landing_sensor", ("failed",), "open", True)
    assert one.what == "The sensor landing_sensor fails. The bucket does not answer."


def test_what_a_sensor_says_that_nobody_foresaw_is_told_by_its_kind_alone(small):
    Instigator(small.instance, "landing_sensor").ticks(*[ValueError(ADDRESS)] * 3)

    [sign] = found(small)
    assert "It is ValueError, which nobody foresaw" in sign.told
    assert ADDRESS not in sign.told


@pytest.mark.parametrize("last", [None, "under way"])
def test_a_sensor_that_works_again_is_no_sign_one_that_is_at_work_says_nothing_yet(small, last):
    sensor = Instigator(small.instance, "landing_sensor")
    sensor.ticks(AWAY, AWAY, AWAY)
    if last is None:
        sensor.ticks(None)
        assert found(small) == []
    else:
        sensor.ticks(None, status=TickStatus.STARTED)
        assert [sign.table for sign in found(small)] == ["landing_sensor"]


def test_a_sensor_that_somebody_switched_off_is_nobodys_incident(small):
    sensor = Instigator(small.instance, "landing_sensor")
    sensor.ticks(AWAY, AWAY, AWAY)
    small.instance.update_instigator_state(sensor.state.with_status(InstigatorStatus.STOPPED))

    assert found(small) == []


def test_a_schedule_whose_tick_or_whose_last_run_failed_is_a_sign(small):
    Instigator(small.instance, "nightly_catalog", InstigatorType.SCHEDULE).ticks(AWAY)
    Instigator(small.instance, "daily_digest", InstigatorType.SCHEDULE).ticks(None)
    run_of(small.instance, "report_quality", {"dagster/schedule_name": "daily_digest"}, success=False)
    assert {sign.table for sign in found(small)} == {"nightly_catalog", "daily_digest"}

    run_of(small.instance, "report_quality", {"dagster/schedule_name": "daily_digest"}, success=True)
    assert {sign.table for sign in found(small)} == {"nightly_catalog"}


def test_a_run_that_was_killed_before_any_step_could_say_why_is_a_sign(small):
    run_of(small.instance, JOB, {}, success=False)

    [sign] = found(small)
    assert (sign.table, sign.kind) == (JOB, "failed")
    run_of(small.instance, JOB, {}, success=True)
    assert found(small) == []


def run_of(instance: dg.DagsterInstance, job: str, tags: dict[str, str], *, success: bool) -> None:
    """A run of the job has ended, of which nothing else is known."""
    status = dg.DagsterRunStatus.SUCCESS if success else dg.DagsterRunStatus.FAILURE
    instance.add_run(dg.DagsterRun(job_name=job, run_id=str(uuid.uuid4()), status=status, tags=tags))


@pytest.fixture
def tolerant(platform_of, shipped_tables):
    """A platform whose contract finds one row in ten without a name normal, and asks for a warning beyond that."""

    def customers(table):
        limits = {
            "signup_date_is_valid": Limit(warn=0.1, fail=0.5),
            "customer_id_is_present": Limit(fail=0.5),  # names no warning
        }
        return replace(table, contract=replace(table.contract, limits=limits))

    return platform_of([customers(t) if t.name == "customers" else t for t in shipped_tables])


def test_a_check_that_breaks_more_than_its_limit_of_a_warning_is_an_incident_until_a_better_date(tolerant):
    wrong = "customer_id,signup_date\n" + "".join(
        f"c{n},{'x' if n < 3 else '2026-01-01'}\n" for n in range(10)
    )
    tolerant.land("customers", day(8), f"{wrong},2026-01-01\n")
    assert not tolerant.sync().problems
    noon = datetime(2026, 1, 8, 13, tzinfo=UTC)

    watch(tolerant.ports, tolerant.instance, noon)
    [one] = history(tolerant.ports.lake)
    assert (one.table, one.kinds) == ("customers", ("warned",))
    assert one.what.endswith("allows without a warning breaks signup_date_is_valid (3).")

    tolerant.land("customers", day(9), SOUND)
    tolerant.sync()
    watch(tolerant.ports, tolerant.instance, noon + timedelta(minutes=1))
    assert history(tolerant.ports.lake)[-1].state == "settling"


def test_more_and_more_rows_in_quarantine_are_an_incident_although_every_date_is_published(small):
    past = {day(8) - timedelta(days=ago): 2.0 + ago % 2 for ago in range(1, 60)}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    metrics.record(
        small.ports.lake,
        [Measurement("customers", "silver", on, "quarantined", n, "old", at) for on, n in past.items()],
    )
    rows = "".join(f"c{number},2026-01-01\n" for number in range(400))
    broken = "".join(f"d{number},yesterday\n" for number in range(40))
    small.land("customers", day(8), f"customer_id,signup_date\n{rows}{broken}")
    assert not small.sync().problems

    watch(small.ports, small.instance, datetime(2026, 1, 8, 13, tzinfo=UTC))

    [one] = history(small.ports.lake)
    assert one.kinds == ("unusual",)
    assert "quarantined is 40; " in one.what
