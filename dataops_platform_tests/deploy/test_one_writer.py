"""One writer a table: of twenty runs that might go on at once, the queue starts no two of a table.

What two writers would do all the same is in `resources/test_lake_writers.py`; production is configured as a laptop is,
which another test holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.launcher import RunLauncher
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon
from dagster._serdes import ConfigurableClass

from dataops_platform.definitions import build_definitions
from dataops_platform.layers.runs import JOB
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables
from dataops_platform_tests.deploy.production import REPOSITORY

if TYPE_CHECKING:
    from dagster._core.launcher import LaunchRunContext
    from dagster._core.workspace.context import IWorkspaceProcessContext
    from dagster._serdes import ConfigurableClassData

RUNS = 20
SOURCES = ("customers", "transactions", "products", "web_events")
ACTIVE = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
ORIGIN = RemoteJobOrigin(
    RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("dataops_platform"), "__repository__"), JOB
)
#: As many places as runs: what keeps two of a table apart is then its pool alone.
FEW, ENOUGH = "max_concurrent_runs: 2 ", f"max_concurrent_runs: {RUNS} "
LAUNCHER = "\nrun_launcher: {module: dataops_platform_tests.deploy.test_one_writer, class: NoLauncher}\n"


class NoLauncher(RunLauncher, ConfigurableClass):
    """Takes every run and starts no process: what is looked at is when the queue hands it over."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> NoLauncher:
        return cls(inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        pass

    def terminate(self, run_id: str) -> bool:
        raise NotImplementedError(run_id)


@pytest.fixture
def instance(tmp_path, monkeypatch) -> Iterator[dg.DagsterInstance]:
    """The instance as it is configured, but for its places and its launcher."""
    settings = (REPOSITORY / "dagster.yaml").read_text()
    assert FEW in settings
    (tmp_path / "dagster.yaml").write_text(settings.replace(FEW, ENOUGH) + LAUNCHER)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made


def silver_of(job: dg.JobDefinition, table: str) -> dg.JobDefinition:
    """What writes the table's silver."""
    keys = {dg.AssetKey([layer, table]) for layer in ("silver", "quarantine")}
    return job.get_subset(asset_selection=keys)


def queue(instance: dg.DagsterInstance, part: dg.JobDefinition) -> str:
    """A run of this is in the queue; its name."""
    keys, queued = part.asset_selection, dg.DagsterRunStatus.QUEUED
    run = instance.create_run_for_job(
        part, asset_selection={*(keys or ())}, status=queued, remote_job_origin=ORIGIN
    )
    return run.run_id


def table_of(run: dg.DagsterRun) -> str:
    [table] = {key.path[-1] for key in run.asset_selection or ()}
    return table


def launched_together(instance: dg.DagsterInstance) -> Iterator[Sequence[dg.DagsterRun]]:
    """The runs that go on after each look of the daemon at the queue; then all of them have ended."""
    context = SimpleNamespace(instance=instance, create_request_context=lambda: None)
    with QueuedRunCoordinatorDaemon(interval_seconds=1) as daemon:
        while True:
            for _ in daemon.run_iteration(cast("IWorkspaceProcessContext", context)):
                pass
            active = instance.get_runs(ACTIVE)
            if not active:
                return
            yield active
            for run in active:
                ended = DagsterEvent(DagsterEventType.RUN_SUCCESS.value, run.job_name)
                instance.report_dagster_event(ended, run.run_id)


@pytest.mark.integration
@pytest.mark.slow
def test_of_twenty_runs_at_once_no_two_write_the_same_table_and_none_is_lost(instance):
    job = build_definitions(read_settings({}), load_tables()).get_repository_def().get_job(JOB)
    parts = [silver_of(job, table) for table in SOURCES]
    for part in parts:
        queue(instance, part)
    for _ in launched_together(instance):
        pass  # Dagster 1.13 limits a table's runs from its queue's second look at one of them: the first makes the pool
    wanted = [queue(instance, part) for part in islice(cycle(parts), RUNS)]

    together = list(launched_together(instance))

    assert sorted(run.run_id for runs in together for run in runs) == sorted(wanted)
    for runs in together:
        assert Counter(map(table_of, runs)).most_common(1)[0][1] == 1
    assert len(together[0]) == len(SOURCES), "tables do not wait for each other"
