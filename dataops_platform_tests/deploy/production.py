"""This file holds production on one machine: PostgreSQL, code server, daemon and web server, each a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import yaml
from deltalake import DeltaTable

from dataops_platform_tests.delta_rows import delta_rows
from dataops_platform_tests.deploy.postgres import Postgres

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
FIRST_DATE = "2026-06-01"
_WITHIN = 180.0
_LOOK_EVERY = 0.1
#: The one setting that is not production's own: a test need not wait half a minute until a dead run is noticed.
_PATIENT, _IMPATIENT = "poll_interval_seconds: 30", "poll_interval_seconds: 2"


_SENSOR = """query ($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) {
  ... on Sensor { sensorState { id } } } }"""
_LOOK = """mutation ($selector: SensorSelector!) { sensorDryRun(selectorData: $selector, cursor: null) {
  ... on DryRunInstigationTick { evaluationResult { skipReason error { message } } } } }"""


@dataclass
class Production:
    """The processes of production, and what people see of them."""

    folder: Path
    postgres: Postgres
    variables: Mapping[str, str]
    ports: Mapping[str, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        """The folder that holds the lake."""
        return self.folder / "lake"

    def command(self, role: str) -> list[str]:
        """What compose.yaml starts for a role, with this machine's programs, files and ports."""
        service = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"][role]
        program, *said = service["command"]
        here = {"0.0.0.0": "127.0.0.1", "/opt/dagster/workspace.yaml": str(DEPLOY / "workspace.yaml")}  # noqa: S104
        here |= {"4000": str(self.ports["code"]), "3000": str(self.ports["web"])}
        return [str(Path(sys.executable).with_name(program)), *(here.get(word, word) for word in said)]

    def log(self, role: str) -> Path:
        """What the process of this role says."""
        return self.folder / f"{role}.log"

    def start(self, role: str, *words: str, name: str = "") -> None:
        """A process of this role runs, as leader of a group of its own; a second one by another name.

        `words` come after those of its command, of which the last of a kind counts.
        """
        with self.log(name or role).open("ab") as log:
            self.running[name or role] = subprocess.Popen(
                [*self.command(role), *words],
                cwd=self.folder,
                env=dict(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, role: str) -> None:
        """The process and all it started are gone, as when their container or machine goes down."""
        child = self.running.pop(role)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def signal(self, number: int) -> None:
        """Every process has the signal."""
        for child in self.running.values():
            os.killpg(child.pid, number)

    def stop(self) -> None:
        """Nothing that was started is left."""
        for role in list(self.running):
            self.kill(role)

    def ask(self, query: str, *, of: str = "web", **variables: Any) -> dict[str, Any]:
        """What the web server, or another one by its name, answers to a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(f"http://127.0.0.1:{self.ports[of]}/graphql", body)  # our own address
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
        assert "errors" not in told, told
        found: dict[str, Any] = told["data"]
        return found

    def switch_off(self, sensor: str) -> None:
        """The sensor asks for no more runs."""
        selector = _selector(sensor)
        self.until(lambda: "sensorState" in self.ask(_SENSOR, selector=selector)["sensorOrError"], sensor)
        found = self.ask(_SENSOR, selector=selector)["sensorOrError"]["sensorState"]["id"]
        self.ask("mutation ($id: String!) { stopSensor(id: $id) { __typename } }", id=found)

    def look(self, sensor: str) -> str:
        """The code server has looked with the sensor, without waiting for its next tick; what it says."""
        result = self.ask(_LOOK, selector=_selector(sensor))["sensorDryRun"]["evaluationResult"]
        assert result["error"] is None, result
        return str(result["skipReason"])

    def runs(self) -> list[dict[str, Any]]:
        """Every run, newest first."""
        asked = "{ runsOrError { ... on Runs { results { runId parentRunId status tags { key value } } } } }"
        found: list[dict[str, Any]] = self.ask(asked)["runsOrError"]["results"]
        return found

    def land(self, key: str, text: str) -> None:
        """A file has landed, whole."""
        path = self.folder / "landing" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = self.folder / "being-written"
        whole.write_text(text)
        whole.rename(path)

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Rows of a Delta table, read without any code of the platform; none where it was never written."""
        path = self.lake / table
        return delta_rows(DeltaTable(path), *columns) if DeltaTable.is_deltatable(str(path)) else []

    def until(self, is_true: Callable[[], object], what: str) -> None:
        """It has come true; nothing of production ended meanwhile."""
        deadline = time.monotonic() + _WITHIN
        while not is_true():
            ended = [role for role, child in self.running.items() if child.poll() is not None]
            assert not ended, f"{ended} ended: {[self.log(role).read_text()[-2000:] for role in ended]}"
            assert time.monotonic() < deadline, f"{what} did not come true; runs: {self.runs()}"
            time.sleep(_LOOK_EVERY)

    def until_idle(self) -> None:
        """No run is queued or running."""
        over = {"SUCCESS", "FAILURE", "CANCELED"}
        self.until(lambda: all(run["status"] in over for run in self.runs()), "an end of all runs")

    def is_ready(self, of: str = "web") -> bool:
        """The web server answers, and has loaded the platform."""
        asked = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        with suppress(URLError, OSError):
            return bool(self.ask(asked, of=of)["repositoriesOrError"].get("nodes"))
        return False


def _selector(sensor: str) -> dict[str, str]:
    where = {"repositoryName": "__repository__", "repositoryLocationName": "dataops_platform"}
    return where | {"sensorName": sensor}


@contextmanager
def production(folder: Path, postgres: Postgres, **variables: str) -> Iterator[Production]:
    """Production is ready, its sensor running; afterwards nothing of it is left."""
    ports = {role: _free_port() for role in ("code", "web", "looking only")}
    home, logs = folder / "home", folder / "compute_logs"
    for made in (home, logs, folder / "landing", folder / "lake"):
        made.mkdir()
    settings = (DEPLOY / "dagster.yaml").read_text()
    assert _PATIENT in settings
    (home / "dagster.yaml").write_text(settings.replace(_PATIENT, _IMPATIENT))
    said = postgres.environment() | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(folder),
        "DAGSTER_HOME": str(home),
        "DAGSTER_COMPUTE_LOGS": str(logs),
        "DAGSTER_CODE_HOST": "127.0.0.1",
        "DAGSTER_CODE_PORT": str(ports["code"]),
        "DATAOPS_ENV": "production",
        "DATAOPS_LANDING_URL": str(folder / "landing"),
        "DATAOPS_LAKE_URL": str(folder / "lake"),
        "DATAOPS_FIRST_DATE": FIRST_DATE,
        **variables,
    }
    started = Production(folder, postgres, said, ports)
    try:
        for role in ("code", "web", "daemon"):
            started.start(role)
        started.until(started.is_ready, "a web server that knows the platform")
        yield started
    finally:
        started.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
