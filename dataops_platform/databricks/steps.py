"""Steps of a run as Databricks jobs: each is submitted as a one-time run of this package's wheel, and waited for."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service import jobs
from databricks.sdk.service.jobs import RunLifeCycleState as Life
from databricks.sdk.service.jobs import RunResultState as Result

from dataops_platform.core.interruption import interruption
from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.databricks.answers import is_on_this_machine
from dataops_platform.databricks.client import PATIENCE, answered, repeated, workspace_client
from dataops_platform.databricks.mail import Mail, mail
from dataops_platform.databricks.package_identity import identity_of_wheel, package_identity
from dataops_platform.databricks.settings import DatabricksSettings
from dataops_platform.databricks.task import request
from dataops_platform.errors import EnvironmentProblem, PlatformError, Unreachable

_ENDED = {Life.TERMINATED, Life.SKIPPED, Life.INTERNAL_ERROR}
_STOPPING = {*_ENDED, Life.TERMINATING}
#: How often a run that has ended is looked at for its answer: what it wrote is not seen at once.
_LOOKS_AFTER_END = 30
#: How often a cancelled run is looked at until it has stopped.
_LOOKS_AFTER_CANCEL = 15
_TOKEN_LETTERS = 64


class DatabricksSteps:
    """Does steps as job runs of one workspace, by the SDK's own credentials."""

    def __init__(
        self,
        settings: DatabricksSettings,
        variables: Mapping[str, str],
        *,
        pause: float = 5.0,
        patience: int = PATIENCE,
    ) -> None:
        """Nothing is contacted before the first step.

        Args:
            variables: what the job run is told of the lake and where files land; no secrets.
            pause: seconds between two looks at a run.
            patience: seconds for which a request that may succeed later is repeated.
        """
        self._settings = settings
        self._variables = variables
        self._pause = pause
        self._patience = patience
        self._made: WorkspaceClient | None = None
        self._lock = Lock()

    def done(
        self, order: StepOrder, announce: Callable[[str], None], log: Callable[[str], None]
    ) -> Mapping[str, Any]:
        """The step was done once; its answer. See `core/remote_steps.py`."""
        what = f"run the step {order.layer}/{order.table}"
        with answered(what):
            client = self._ready()
            told = {
                "order": order.as_json(),
                "package": package_identity(),
                "variables": dict(self._variables),
                "secret_scope": self._settings.secret_scope,
                "cluster": self._settings.cluster,
            }
            with mail(client, self._settings.volume, told, order.run_id) as letters:
                submitted = request(self._settings, order, letters.arguments)
                asked = partial(client.jobs.submit, **submitted, idempotency_token=_token(order))
                number = repeated(asked, self._pause).run_id
                try:
                    run = self._ended(client, number, letters, announce, log)
                except BaseException:
                    self._cancel(client, number)
                    raise
        if letters.answer is None:
            raise _unanswered(what, run)
        return letters.answer

    def readiness(self) -> str:
        """The workspace answers and has the wheel of this very code; in words.

        Raises:
            EnvironmentProblem: it does not; the message says why, and what to do.
        """
        with answered("say whether it is ready"):
            host = self._ready().config.host
        return f"{host} answers, and has the wheel of this code"

    def _ready(self) -> WorkspaceClient:
        """A client of the workspace, in which a wheel of this very code lies: a cluster need not start to be told.

        Raises:
            EnvironmentProblem: the wheel is not there, or of other code; or the lake cannot be seen from there.
        """
        with self._lock:  # several steps begin at the same time
            if self._made is None:
                made = workspace_client(self._patience)
                self._require_reachable_lake(made)
                self._require_this_wheel(made)
                self._made = made
            return self._made

    def _require_reachable_lake(self, client: WorkspaceClient) -> None:
        lake = self._variables.get("DATAOPS_LAKE_URL", "")
        if not (lake.startswith("s3:") or is_on_this_machine(client.config.host)):
            raise EnvironmentProblem(
                f"DATAOPS_LAKE_URL is the folder {lake}, which no job on Databricks can see; write s3://bucket."
            )
        staging = self._variables.get("DATAOPS_STAGING_URL", lake)
        if not (staging.startswith(("s3:", "/Volumes/")) or is_on_this_machine(client.config.host)):
            raise EnvironmentProblem(
                f"DATAOPS_STAGING_URL is the folder {staging}, which a job and its cluster do not share; write "
                "s3://bucket/prefix or a folder of a volume, or unset it."
            )

    def _require_this_wheel(self, client: WorkspaceClient) -> None:
        wheel = self._settings.wheel
        with answered(f"give the wheel {wheel}"):
            contents = client.files.download(wheel).contents
        found, here = identity_of_wheel(contents.read() if contents is not None else b""), package_identity()
        if found != here:
            held = f"holds code {found}" if found else "is not one of this package"
            raise EnvironmentProblem(
                f"The wheel {wheel} {held}, and this is code {here}: they would not do the same. Build and deploy it "
                "again (`databricks bundle deploy`, docs/databricks.md). Nothing was begun."
            )

    def _ended(
        self,
        client: WorkspaceClient,
        number: int,
        letters: Mail,
        announce: Callable[[str], None],
        log: Callable[[str], None],
    ) -> jobs.Run:
        """The run, which has ended; what it wrote has been read."""
        stop_if_over, known, looks = interruption(), None, 0
        while True:
            stop_if_over()
            run = repeated(partial(client.jobs.get_run, number), self._pause)
            life = _life(run)
            if life != known:
                log(f"Databricks job run {number} is {life.value}: {run.run_page_url}")
                known = life
            letters.look(announce, log)
            if life in _ENDED:
                looks += 1
                if letters.is_closed or not _has_worked(run) or looks > _LOOKS_AFTER_END:
                    return run
            time.sleep(min(self._pause, 1.0) if looks else self._pause)

    def _cancel(self, client: WorkspaceClient, number: int) -> None:
        """The run is told to stop, and has stopped as far as can be seen."""
        with suppress(DatabricksError, OSError, PlatformError):
            client.jobs.cancel_run(number)
            for _ in range(_LOOKS_AFTER_CANCEL):
                if _life(client.jobs.get_run(number)) in _STOPPING:
                    return
                time.sleep(self._pause)


def _token(order: StepOrder) -> str:
    """Equal for what is the same work of the same run and attempt: Databricks starts one run for each."""
    return hashlib.sha256(repr(order).encode()).hexdigest()[:_TOKEN_LETTERS]


def _life(run: jobs.Run) -> Life:
    if run.state is None or run.state.life_cycle_state is None:
        raise Unreachable(
            f"Databricks did not tell the state of job run {run.run_id}; it is tried again later."
        )
    return run.state.life_cycle_state


def _has_worked(run: jobs.Run) -> bool:
    """Whether its code ran to an end, good or bad, so that it may have answered."""
    return _life(run) == Life.TERMINATED and _result(run) in {Result.SUCCESS, Result.FAILED}


def _result(run: jobs.Run) -> Result | None:
    return run.state.result_state if run.state is not None else None


def _unanswered(what: str, run: jobs.Run) -> PlatformError:
    """Why a run that has ended sent no answer; transient where another try can help."""
    life, result = _life(run), _result(run)
    said = f": {run.state.state_message.rstrip('.')}" if run.state and run.state.state_message else ""
    where = f"job run {run.run_id} ({run.run_page_url})"
    if life == Life.SKIPPED:
        return Unreachable(f"Databricks did not {what}: it skipped {where}{said}. It is tried again.")
    if life == Life.INTERNAL_ERROR:
        return Unreachable(
            f"Databricks could not {what}: {where} ended with an internal error{said}. It is tried again."
        )
    if result == Result.SUCCESS:
        return Unreachable(f"Databricks did {what}, but its answer did not come: {where}. It is tried again.")
    if result in {Result.CANCELED, Result.TIMEDOUT}:
        how = "was cancelled there" if result == Result.CANCELED else "took longer than it may"
        return EnvironmentProblem(
            f"Databricks did not {what} to its end: {where} {how}{said}. Nothing is half-done; run it again."
        )
    return EnvironmentProblem(
        f"Databricks did not {what}: {where} ended without an answer{said}. Its output says why; check "
        "DATAOPS_DATABRICKS_WHEEL, and what the compute has installed."
    )
