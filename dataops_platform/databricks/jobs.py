"""Databricks jobs: started over the REST interface, by the standard library alone, as a function has little else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any

from dataops_platform.databricks.answers import (
    is_worth_another_try,
    refusal,
    status_told,
    workspace_url,
)
from dataops_platform.errors import Unreachable

_PATH = "/api/2.1/jobs/run-now"
_ATTEMPTS, _FIRST_PAUSE, _TIMEOUT = 4, 0.5, 10.0
_OK = 200


class DatabricksJobs:
    """One job of a Databricks workspace.

    A run is asked for with an idempotency token: Databricks starts one run for each token, and names that run again
    whenever the token comes again. So a lost answer is asked for once more, without harm.
    https://docs.databricks.com/api/workspace/jobs/runnow
    """

    def __init__(
        self,
        host: str,
        job_id: int,
        token: Callable[[], str],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._host = workspace_url(host)
        self.job_id = job_id
        self._token = token
        self._sleep = sleep

    def start(self, token: str, parameters: Mapping[str, str]) -> int:
        """One run of this token (64 letters at most) exists, with these job parameters; its number.

        Raises:
            EnvironmentProblem: Databricks refuses, or (transient) did not answer in several attempts.
        """
        told = {"job_id": self.job_id, "idempotency_token": token, "job_parameters": dict(parameters)}
        body, problem = json.dumps(told).encode(), "no answer"
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
            try:
                status, answer = self._post(body)
            except (OSError, HTTPException) as error:
                problem = type(error).__name__
                continue
            if status == _OK and isinstance(answer.get("run_id"), int):
                return int(answer["run_id"])
            problem = status_told(status, answer.get("error_code"))
            if not is_worth_another_try(status) and status != _OK:
                advice = (
                    "Check DATABRICKS_JOB_ID, and that the token's owner may run that job (CAN MANAGE RUN)."
                )
                raise refusal(f"start job {self.job_id}", status, answer.get("error_code"), advice)
        raise Unreachable(
            f"Databricks did not say that job {self.job_id} was started, in {_ATTEMPTS} attempts ({problem}). "
            "It is asked again; the same token starts no second run."
        )

    def _post(self, body: bytes) -> tuple[int, Mapping[str, Any]]:
        """One request; never follows a redirection, which would carry the token elsewhere."""
        kind = HTTPSConnection if self._host.scheme == "https" else HTTPConnection
        connection = kind(self._host.hostname or "", self._host.port, timeout=_TIMEOUT)
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        try:
            connection.request("POST", _PATH, body, headers)
            answer = connection.getresponse()
            return answer.status, _read(answer.read())
        finally:
            connection.close()


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}
