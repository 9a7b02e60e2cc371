"""This file holds the job runs of the emulated workspace: each really runs its wheel, as a process of this machine."""

from __future__ import annotations

import hashlib
import os
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from threading import Event, Lock, Thread
from typing import Any

from dataops_platform.demo.databricks_clusters import Clusters, NotStarted
from dataops_platform.engines.child_process import guarded_child

#: As Databricks starts a wheel's task: by the name of an entry point, with the parameters as arguments.
_LAUNCH = """
import sys
from importlib.metadata import distribution

package, name, *parameters = sys.argv[1:]
sys.argv = [name, *parameters]
next(point for point in distribution(package).entry_points if point.name == name).load()()
"""
_LOOK_EVERY = 0.05
ENDED = frozenset({"TERMINATED", "SKIPPED", "INTERNAL_ERROR"})


@dataclass
class JobRun:
    """One run that was submitted.

    Attributes:
        request: what was submitted.
        life: its life cycle's state, and `result` once that has ended, both in Databricks' words.
        log: what it wrote to the terminal.
        cancelled: set by whoever cancels it.
    """

    run_id: int
    request: Mapping[str, Any]
    log: Path
    life: str = "PENDING"
    result: str = ""
    message: str = ""
    cancelled: Event = field(default_factory=Event)

    def end(self, result: str, message: str = "", *, life: str = "TERMINATED") -> None:
        """The run is over."""
        self.result, self.message, self.life = result, message, life

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.life in ENDED


class JobRuns:
    """The runs of a workspace, each in a thread that waits for its process.

    Attributes:
        environment: the variables that every run finds.
        outcomes: what becomes of the next runs instead of being run: `SKIPPED`, `INTERNAL_ERROR`, `stuck`, …
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], clusters: Clusters) -> None:
        self.outcomes: list[str] = []
        self.all: dict[int, JobRun] = {}
        self._folder = folder
        self._clusters = clusters
        self.environment = dict(environment)
        self._by_token: dict[str, JobRun] = {}
        self._threads: list[Thread] = []
        self._numbers = count(1)
        self._lock = Lock()

    def submit(self, request: Mapping[str, Any]) -> JobRun:
        """One run of the request's token has begun, however often it is submitted."""
        token = request.get("idempotency_token", "")
        with self._lock:
            if token and token in self._by_token:
                return self._by_token[token]
            number = next(self._numbers)
            run = JobRun(number, request, self._folder / f"run-{number}.log")
            self.all[number] = run
            if token:
                self._by_token[token] = run
            outcome = self.outcomes.pop(0) if self.outcomes else ""
            thread = Thread(target=self._run, args=(run, outcome), name=f"job run {number}")
            self._threads.append(thread)
        thread.start()
        return run

    def close(self) -> None:
        """Every run has ended; those that go on are cancelled."""
        for run in self.all.values():
            run.cancelled.set()
        for thread in self._threads:
            thread.join()

    def forget(self) -> None:
        """Nothing was ever submitted; runs are counted from one again."""
        self.close()
        self.outcomes.clear()
        self.all.clear()
        self._by_token.clear()
        self._threads.clear()
        self._numbers = count(1)

    def _run(self, run: JobRun, outcome: str) -> None:
        if outcome and outcome != "stuck":
            life = outcome if outcome in ENDED else "TERMINATED"
            run.end("" if outcome == "SKIPPED" else "FAILED" if life != "TERMINATED" else outcome, life=life)
            return
        run.life = "RUNNING"
        if outcome == "stuck":
            run.cancelled.wait()
            run.end("CANCELED", "Run cancelled.")
            return
        try:
            self._work(run)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            run.end("FAILED", f"Library installation failed: {error}", life="INTERNAL_ERROR")
        except NotStarted as error:
            run.end("FAILED", f"Cluster start failed: {error}", life="INTERNAL_ERROR")

    def _work(self, run: JobRun) -> None:
        [task] = run.request["tasks"]
        wheel = task["python_wheel_task"]
        code = [self._unpacked(Path(each)) for each in _wheels(run.request, task)]
        scratch = Path(mkdtemp(prefix=f"run-{run.run_id}-", dir=self._folder))
        variables = {
            **self.environment,
            **self._clusters.variables(task),
            "HOME": str(scratch),
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join(map(str, code)),
        }
        command = [sys.executable, "-c", _LAUNCH, wheel["package_name"], wheel["entry_point"]]
        command += wheel.get("parameters", [])
        with guarded_child(command, folder=scratch, log=run.log, environment=variables) as child:
            while child.poll() is None and not run.cancelled.is_set():
                time.sleep(_LOOK_EVERY)
            code_of_end = child.poll()
        if code_of_end is None:
            run.end("CANCELED", "Run cancelled.")
        elif code_of_end == 0:
            run.end("SUCCESS")
        else:
            run.end("FAILED", "Workload failed, see run output for details")

    def _unpacked(self, wheel: Path) -> Path:
        """A folder with the wheel's files: installed, as far as Python's imports go. One for each content."""
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()[:16]
        folder = self._folder / "installed" / digest
        with self._lock:
            if not folder.exists():
                with zipfile.ZipFile(wheel) as packed:
                    packed.extractall(folder)
        return folder


def _wheels(request: Mapping[str, Any], task: Mapping[str, Any]) -> Sequence[str]:
    """The wheels that a task's compute installs: of its serverless environment, or as libraries of its cluster."""
    if "environment_key" in task:
        specs = {each["environment_key"]: each["spec"] for each in request["environments"]}
        return [str(found) for found in specs[task["environment_key"]]["dependencies"]]
    return [library["whl"] for library in task["libraries"]]


def told(run: JobRun, page: Callable[[int], str]) -> dict[str, Any]:
    """The run as `jobs/runs/get` answers."""
    state = {"life_cycle_state": run.life, "state_message": run.message}
    if run.result:
        state["result_state"] = run.result
    tasks = [{"run_id": run.run_id, "task_key": task["task_key"]} for task in run.request["tasks"]]
    return {"run_id": run.run_id, "state": state, "tasks": tasks, "run_page_url": page(run.run_id)}
