"""A step whose session is lost is done once more on a fresh one: told, once, and only where servers are not our own."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from pyspark.errors.exceptions.connect import SparkException

from dataops_platform.core.interruption import interruptible
from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.engines.sail import Sail
from dataops_platform.errors import EngineLost, Interrupted, PublishRefused

pytestmark = pytest.mark.integration

GONE = SparkException("[INVALID_HANDLE.SESSION_NOT_FOUND] The handle is invalid: planted row")


class Elsewhere(Sail):
    """A server that behaves as if it were not ours; it counts how often it was asked for."""

    is_own = False
    asked = 0

    def start(self):
        self.asked += 1
        return super().start()


@pytest.fixture
def far():
    engine = ConnectEngine(Elsewhere())
    yield engine
    engine.stop()


class Work:
    """Asks the engine something, and raises an error in each of its first runs."""

    def __init__(self, engine, *errors):
        self.engine, self.errors, self.sessions = engine, list(errors), []

    def __call__(self):
        self.sessions.append(self.engine.session)
        if self.errors:
            raise self.errors.pop(0)
        return self.engine.session.range(3).count()


def test_a_lost_session_is_told_and_the_work_is_done_on_a_fresh_one(far):
    told: list[str] = []
    work = Work(far, GONE)

    assert far.again_if_lost(work, told.append) == 3

    first, second = work.sessions
    assert first is not second
    assert first.is_stopped
    [said] = told
    assert "(INVALID_HANDLE.SESSION_NOT_FOUND). Done once more" in said
    assert "planted" not in said


def test_a_second_loss_is_one_error_without_the_servers_text(far):
    work = Work(far, GONE, GONE)

    with pytest.raises(EngineLost, match="lost its session twice in one step") as told:
        far.again_if_lost(work, lambda _text: None)

    assert "planted" not in str(told.value)
    assert not told.value.is_transient
    assert len(work.sessions) == 2
    assert far.session.range(2).count() == 2  # the next step begins afresh


@pytest.mark.parametrize("error", [PublishRefused("SESSION_NOT_FOUND"), SparkException("a wrong question")])
def test_what_is_no_loss_is_raised_as_it_is_and_not_done_again(far, error):
    work = Work(far, error)

    with pytest.raises(type(error)) as told:
        far.again_if_lost(work, lambda _text: None)

    assert told.value is error
    assert len(work.sessions) == 1


def test_a_server_of_our_own_is_not_waited_for(engine):
    work = Work(engine, GONE)

    with pytest.raises(SparkException):
        engine.again_if_lost(work, lambda _text: None)

    assert len(work.sessions) == 1
    assert engine.session is work.sessions[0]


def test_work_that_was_told_to_stop_is_not_done_again(far):
    work = Work(far, GONE)

    with pytest.raises(Interrupted), interruptible(lambda: True):
        far.again_if_lost(work, lambda _text: None)

    assert len(work.sessions) == 1


def test_steps_that_lose_one_session_together_share_the_fresh_one(far):
    both = Barrier(2)
    found: list[int] = []
    told: list[str] = []
    works = [Work(far, GONE), Work(far, GONE)]

    def step(work):
        def together():
            _ = far.session
            if work.errors:
                both.wait()
            return work()

        found.append(far.again_if_lost(together, told.append))

    threads = [Thread(target=step, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [3, 3]
    assert len(told) == 2
    assert {id(work.sessions[-1]) for work in works} == {id(far.session)}
    assert far._server.asked == 2  # noqa: SLF001  # a lost session, and a fresh one
