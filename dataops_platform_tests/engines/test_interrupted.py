"""A run that is told to stop waits for no query of its engine, and leaves nothing of it behind."""

from __future__ import annotations

import os
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Thread

import dagster as dg
import pytest
from pyspark.sql import functions as F

from dataops_platform.engines.local_spark import spark_engine
from dataops_platform.layers.executor import execute, multithread_executor
from dataops_platform.layers.turn import beside_other_steps

pytestmark = [pytest.mark.integration, pytest.mark.slow]

MANY = 100_000_000_000

TEN_MINUTES = 600_000
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def own_spark(spark, tmp_path, monkeypatch):  # noqa: ARG001 - skips where Spark cannot run
    """A Spark of this test's own, whose files are in the test's folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = spark_engine()
    yield made
    made.stop()


def test_a_query_of_spark_is_ended_and_its_jvm_with_it(own_spark, tmp_path):
    asked, answered = [], []

    @dg.op
    def work() -> None:
        with beside_other_steps(own_spark.interrupt):
            one = own_spark.session.range(1)
            frame = one.select(F.expr(f"reflect('java.lang.Thread', 'sleep', {TEN_MINUTES}L)"))
            asked.append(jvms(tmp_path))
            os.kill(os.getpid(), signal.SIGINT)
            answered.append(frame.collect())

    @dg.job(executor_def=multithread_executor)
    def steps() -> None:
        work()

    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(KeyboardInterrupt):
        execute(steps, dg.RunRequest(), instance, run_config=QUIET)

    assert answered == []
    assert [len(found) for found in asked] == [1]
    assert jvms(tmp_path) == []
    own_spark.stop()
    assert [*tmp_path.iterdir()] == []


def test_a_query_of_the_embedded_engine_is_ended_and_its_session_goes_on(engine):
    frame, answers = engine.session.range(MANY).select(F.sum(F.col("id") % 7)), []

    def ask() -> None:
        with suppress(Exception):
            answers.append(frame.collect())

    asking = Thread(target=ask)
    asking.start()
    while asking.is_alive():  # it may not have been asked yet
        engine.interrupt()
        asking.join(0.05)

    assert answers == []
    assert engine.session.range(3).count() == 3


def jvms(folder):
    """Processes whose command names a file of this folder, as Spark's does."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in command.read_bytes():
                found.append(command.parent.name)
        except OSError:  # it has ended meanwhile
            continue
    return found
