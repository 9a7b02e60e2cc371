"""Databricks jobs: one run for each token, whatever becomes of requests and answers."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from dataops_platform.databricks.jobs import DatabricksJobs
from dataops_platform.errors import EnvironmentProblem

TOKEN = "t" * 64
OBJECT = {"table": "customers", "raw_object": "s3://lake/bronze/x"}


class Workspace(ThreadingHTTPServer):
    """A workspace of Databricks as far as its jobs go: a token's run is started once and named ever after.

    `script` holds what becomes of each request in turn: `ok`, a status, or where the connection is dropped.
    """

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.script = list(script)
        self.runs = {}
        self.requests = []

    @property
    def host(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Workspace

    def do_POST(self):  # the standard library's name
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers["Authorization"], told))
        happens = self.server.script.pop(0) if self.server.script else "ok"
        if happens == "dropped before":
            return
        if isinstance(happens, int):
            self._say(happens, {"error_code": "SOME_CODE", "message": "secret-word"})
            return
        run = self.server.runs.setdefault(told["idempotency_token"], len(self.server.runs) + 1)
        if happens == "ok":
            self._say(200, {"run_id": run, "number_in_job": 1})
        elif happens == "no json":
            self._say(200, None)

    def _say(self, status, told):
        body = b"<html>" if told is None else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told):
        """Nothing is written to the terminal."""


@contextmanager
def workspace(*script):
    with Workspace(script) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def jobs(server, sleep=lambda _seconds: None):
    return DatabricksJobs(server.host, 7, lambda: "a-token", sleep=sleep)


def test_a_job_is_started_with_its_parameters_and_its_token():
    with workspace() as server:
        assert jobs(server).start(TOKEN, OBJECT) == 1

    [(path, authorization, told)] = server.requests
    assert (path, authorization) == ("/api/2.1/jobs/run-now", "Bearer a-token")
    assert told == {"job_id": 7, "idempotency_token": TOKEN, "job_parameters": OBJECT}


@pytest.mark.parametrize("lost", ["dropped before", "dropped after", "no json", 503, 429, 500])
def test_an_answer_that_is_lost_is_asked_for_again_and_starts_no_second_run(lost):
    pauses: list[float] = []
    with workspace(lost, lost) as server:
        run = jobs(server, pauses.append).start(TOKEN, OBJECT)

    assert (run, server.runs) == (1, {TOKEN: 1})
    assert {told["idempotency_token"] for _, _, told in server.requests} == {TOKEN}
    assert (len(server.requests), pauses) == (3, [0.5, 1.0])


def test_the_same_token_names_the_same_run_and_another_starts_another():
    with workspace() as server:
        started = [jobs(server).start(token, OBJECT) for token in (TOKEN, TOKEN, "u" * 64)]

    assert started == [1, 1, 2]


@pytest.mark.parametrize("lost", ["dropped after", 503])
def test_a_workspace_that_never_answers_is_given_up_and_worth_another_try(lost):
    with (
        workspace(*[lost] * 9) as server,
        pytest.raises(EnvironmentProblem, match="in 4 attempts") as problem,
    ):
        jobs(server).start(TOKEN, OBJECT)

    assert problem.value.is_transient
    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_told_with_its_code_and_asked_no_second_time(status):
    with workspace(status) as server, pytest.raises(EnvironmentProblem) as problem:
        jobs(server).start(TOKEN, OBJECT)

    assert f"{status}, SOME_CODE" in str(problem.value)
    assert "DATABRICKS_JOB_ID" in str(problem.value)
    assert not any(word in str(problem.value) for word in ("secret-word", "a-token", "raw_object"))
    assert (len(server.requests), problem.value.is_transient) == (1, False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_is_sent_nowhere_else(status):
    with workspace(status) as server, pytest.raises(EnvironmentProblem, match=str(status)):
        jobs(server).start(TOKEN, OBJECT)

    assert len(server.requests) == 1


def test_a_token_goes_over_no_open_line():
    with pytest.raises(EnvironmentProblem, match="https://"):
        DatabricksJobs("http://dbc-1.cloud.databricks.com", 7, lambda: "a-token")


def test_a_host_without_a_scheme_is_taken_as_https():
    assert DatabricksJobs("dbc-1.cloud.databricks.com", 7, lambda: "a-token").job_id == 7
