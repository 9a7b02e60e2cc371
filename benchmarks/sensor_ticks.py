"""What keeps growing while nothing happens: memory and Dagster's storage over thousands of ticks of the sensors.

Dagster's own loop evaluates the sensors as its daemon does, in a code server of its own, over files that are all known;
only the clock that intervals are told by is put forward, so that none is waited for. Nothing old is purged meanwhile,
as the daemon does it later: its settings keep ticks that found nothing for a day.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorTick
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.sensor import execute_sensor_iteration

from benchmarks import platform_run
from benchmarks.measure import inherited
from benchmarks.process_tree import resident_mib
from benchmarks.results import RESULTS, record

_DAY = "2026-06-01"
_FILES = {
    "customers": "customer_id,name,email,signup_region,signup_date,city\nc1,Ada,ada@x.org,north,2026-01-01,Rome\n",
    "products": "product_id,name,category,price\np1,Lamp,light,1.50\n",
    "web_events": "event_id,customer_id,event_type,event_date\ne1,c1,view,2026-06-01\n",
}
_STEP = timedelta(seconds=61)  # longer than any sensor's interval: each of them ticks each time
_WARM_UP, _LOOKS = 100, 10


def run(cache: Path, *, ticks: int = 2_000) -> Path:
    """So many ticks of all sensors together found nothing to do, and what grew is recorded."""
    folder = cache / "ticks"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / "dagster.yaml", folder / "home")
    for table, text in _FILES.items():
        file = folder / "landing" / table / f"dt={_DAY}" / "rows.csv"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    variables = platform_run.environment(
        landing=str(folder / "landing"), lake=str(folder / "lake"), first_date=_DAY
    )
    variables = {**variables, "DAGSTER_HOME": str(folder / "home"), "DATAOPS_SENSORS": "on"}
    subprocess.run(platform_run.command(), env={**inherited(), **variables}, check=True, capture_output=True)
    os.environ.update(variables)  # the code server inherits them
    record(RESULTS / "ticks.json", {"workload": {"ticks": ticks}, **_grown(folder / "home", ticks)})
    return RESULTS / "ticks.json"


def _grown(home: Path, ticks: int) -> Mapping[str, object]:
    target = ModuleTarget("dataops_platform.definitions", None, None, "dataops_platform")
    looks: list[Mapping[str, float]] = []
    now = datetime.now(UTC)
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        create_test_daemon_workspace_context(target, instance) as workspace,
    ):
        for _ in range(_WARM_UP):
            now += _STEP
            _tick(workspace, now)
        at_once = len(_last_ticks(workspace, instance))
        for number in range(_LOOKS + 1):
            looks.append({"ticks": number * ticks // _LOOKS, **_seen(home)})
            for _ in range(-(-ticks // _LOOKS // at_once)):
                now += _STEP
                _tick(workspace, now)
        sensors = {tick.instigator_name: tick.status.value for tick in _last_ticks(workspace, instance)}
    grown = {name: round(looks[-1][name] - looks[0][name], 1) for name in looks[0] if name != "ticks"}
    return {"sensors": sensors, "grown": grown, "looks": looks}


def _tick(workspace: WorkspaceProcessContext, now: datetime) -> None:
    with freeze_time(now):
        for error in execute_sensor_iteration(workspace, logging.getLogger(__name__), None, None):
            if error is not None:
                raise AssertionError(f"a sensor failed: {error}")


def _last_ticks(workspace: WorkspaceProcessContext, instance: dg.DagsterInstance) -> list[InstigatorTick]:
    [location] = workspace.create_request_context().code_locations
    [repository] = location.get_repositories().values()
    return [
        tick
        for sensor in repository.get_sensors()
        for tick in instance.get_ticks(sensor.get_remote_origin_id(), sensor.selector_id, limit=1)
    ]


def _seen(home: Path) -> Mapping[str, float]:
    stored = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    daemon, *servers = resident_mib(os.getpid())
    return {
        "daemon_mib": round(daemon, 1),
        "code_server_mib": round(sum(servers), 1),
        "storage_mib": round(stored / 2**20, 2),
    }
