"""The run launcher of production: only who was asked to run something can say that it does so no more."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.test_utils import create_run_for_test

from dataops_platform.resources.run_launcher import WatchedRunLauncher


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    launcher = {"module": WatchedRunLauncher.__module__, "class": WatchedRunLauncher.__name__}
    (tmp_path / "dagster.yaml").write_text(json.dumps({"run_launcher": launcher}))
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made


def health(instance: dg.DagsterInstance, tags: dict[str, str]) -> WorkerStatus:
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, tags=tags)
    return instance.run_launcher.check_run_worker_health(run).status


def test_run_monitoring_asks_the_launcher_of_production(instance):
    assert isinstance(instance.run_launcher, WatchedRunLauncher)
    assert instance.run_launcher.supports_check_run_worker_health


def test_a_run_that_a_command_works_on_is_left_alone(instance):
    assert health(instance, {}) is WorkerStatus.RUNNING


def test_a_run_whose_code_server_does_not_answer_is_not_given_up_yet(instance):
    with socket.socket() as unheard:  # bound, and not listening
        unheard.bind(("127.0.0.1", 0))
        where = {"host": "127.0.0.1", "port": unheard.getsockname()[1]}

        assert health(instance, {GRPC_INFO_TAG: json.dumps(where)}) is WorkerStatus.RUNNING
