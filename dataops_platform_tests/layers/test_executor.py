"""Steps of a run go on side by side, Dagster's own code does not, and an interrupt ends them all."""

from __future__ import annotations

import os
import signal
import threading
from threading import Barrier, Event

import dagster as dg
import pytest

from dataops_platform.core.interruption import interruption
from dataops_platform.errors import Interrupted
from dataops_platform.layers.executor import execute, multithread_executor
from dataops_platform.layers.turn import beside_other_steps, in_turn

LONG = 30.0


def job(*ops: dg.OpDefinition, then: dg.OpDefinition | None = None) -> dg.JobDefinition:
    """A job of independent steps, and one that waits for them all."""

    @dg.job(executor_def=multithread_executor)
    def steps():
        done = [op() for op in ops]
        if then is not None:
            then(done)

    return steps


def run(steps: dg.JobDefinition) -> tuple[list[str], list[str], dg.DagsterRunStatus]:
    """What became of the steps, in alphabetical order, and of the run."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        run_id, events = execute(steps, dg.RunRequest(), instance, run_config=quiet)
        found = instance.get_run_by_id(run_id)
        assert found is not None
        return (
            sorted(event.step_key or "" for event in events if event.is_step_success),
            sorted(event.step_key or "" for event in events if event.is_step_failure),
            found.status,
        )


def test_two_steps_go_on_at_the_same_time():
    meeting = Barrier(2)

    @dg.op
    def one() -> None:
        with beside_other_steps():
            meeting.wait(LONG)

    @dg.op
    def other() -> None:
        with beside_other_steps():
            meeting.wait(LONG)

    assert run(job(one, other)) == (["one", "other"], [], dg.DagsterRunStatus.SUCCESS)


def test_what_work_beside_others_tells_dagster_waits_for_its_turn():
    told: list[str] = []
    other_has_the_turn = Event()

    @dg.op
    def one() -> None:
        with beside_other_steps():
            other_has_the_turn.wait(LONG)
            in_turn(told.append)("by one")

    @dg.op
    def other() -> None:
        other_has_the_turn.set()
        Event().wait(0.1)
        told.append("by other")

    run(job(one, other))

    assert told == ["by other", "by one"]


def test_no_more_steps_go_on_at_once_than_asked_for():
    lock, now, most = threading.Lock(), [0], [0]

    def step(name: str) -> dg.OpDefinition:
        @dg.op(name=name)
        def work() -> None:
            with beside_other_steps():
                with lock:
                    now[0] += 1
                    most[0] = max(most[0], now[0])
                Event().wait(0.05)
                with lock:
                    now[0] -= 1

        return work

    run(job(*(step(f"step_{n}") for n in range(6))))

    assert most == [2]


def test_outside_of_their_own_work_one_step_runs_at_a_time():
    inside: set[int] = set()
    most = [0]

    def step(name: str) -> dg.OpDefinition:
        @dg.op(name=name)
        def work() -> None:
            for _ in range(20):
                inside.add(threading.get_ident())
                Event().wait(0.001)
                most[0] = max(most[0], len(inside))
                inside.discard(threading.get_ident())
                with beside_other_steps():
                    pass

        return work

    run(job(step("one"), step("other")))

    assert most == [1]


def test_a_step_that_fails_stops_those_that_need_it_and_no_other():
    @dg.op
    def bad() -> None:
        with beside_other_steps():
            raise dg.Failure("no", allow_retries=False)

    @dg.op
    def good() -> None:
        with beside_other_steps():
            pass

    @dg.op
    def last(values: list) -> None:
        """Needs both."""

    assert run(job(bad, good, then=last)) == (["good"], ["bad"], dg.DagsterRunStatus.FAILURE)


def test_an_error_nobody_foresaw_fails_its_step_alone():
    @dg.op
    def bad() -> None:
        raise KeyError

    @dg.op
    def good() -> None:
        pass

    assert run(job(bad, good)) == (["good"], ["bad"], dg.DagsterRunStatus.FAILURE)


def test_a_step_that_asks_for_it_is_tried_again():
    tries = []

    @dg.op
    def flaky() -> None:
        with beside_other_steps():
            tries.append(1)
            if len(tries) < 3:
                raise dg.RetryRequested(max_retries=3, seconds_to_wait=0.01)

    assert run(job(flaky)) == (["flaky"], [], dg.DagsterRunStatus.SUCCESS)
    assert len(tries) == 3


def test_of_steps_that_can_start_the_one_whose_inputs_took_longest_goes_first():
    begun: list[str] = []

    def root(name: str, seconds: float) -> dg.OpDefinition:
        @dg.op(name=name)
        def work() -> int:
            with beside_other_steps():
                Event().wait(seconds)
            return 1

        return work

    def then(name: str) -> dg.OpDefinition:
        @dg.op(name=name)
        def work(_value: int) -> None:
            begun.append(name)

        return work

    one_at_a_time = multithread_executor.configured({"max_concurrent": 1})

    @dg.job(executor_def=one_at_a_time)
    def steps():
        for name, seconds in (("short", 0.0), ("middle", 0.1), ("long", 0.3)):
            then(f"after_{name}")(root(name, seconds)())

    run(steps)

    assert begun == ["after_long", "after_middle", "after_short"]


def test_after_an_interrupt_no_step_goes_on_with_what_follows_its_work():
    begun = []

    @dg.op
    def one() -> int:
        with beside_other_steps():
            os.kill(os.getpid(), signal.SIGINT)
            Event().wait(0.5)
        begun.append("the rest of one")
        return 1

    @dg.op
    def next_one(_values: list) -> None:
        begun.append("next one")

    with pytest.raises(KeyboardInterrupt):
        run(job(one, then=next_one))

    assert begun == []


def test_an_interrupt_ends_every_step_and_leaves_no_thread():
    started, ended = Barrier(2), []

    def step(name: str) -> dg.OpDefinition:
        @dg.op(name=name)
        def work() -> None:
            with beside_other_steps():
                stop_if_over = interruption()
                if started.wait(LONG) == 0:
                    os.kill(os.getpid(), signal.SIGINT)
                try:
                    for _ in range(3_000):  # half a minute, if nothing ends it
                        stop_if_over()
                        Event().wait(0.01)
                except Interrupted:
                    ended.append(name)
                    raise

        return work

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run(job(step("one"), step("other")))

    assert sorted(ended) == ["one", "other"]
    assert threading.active_count() == before


def test_an_interrupt_ends_once_what_several_steps_wait_for():
    started, engine, ended = Barrier(2), Event(), []

    def end() -> None:
        ended.append("the engine")
        engine.set()

    def step(name: str) -> dg.OpDefinition:
        @dg.op(name=name)
        def work() -> None:
            with beside_other_steps(end):
                if started.wait(LONG) == 0:
                    os.kill(os.getpid(), signal.SIGINT)
                assert engine.wait(LONG)

        return work

    with pytest.raises(KeyboardInterrupt):
        run(job(step("one"), step("other")))

    assert ended == ["the engine"]


def test_what_a_step_waited_for_earlier_is_not_ended():
    ended = []

    @dg.op
    def one() -> None:
        with beside_other_steps(lambda: ended.append("earlier")):
            pass
        with beside_other_steps():
            os.kill(os.getpid(), signal.SIGINT)
            Event().wait(0.5)

    with pytest.raises(KeyboardInterrupt):
        run(job(one))

    assert ended == []
