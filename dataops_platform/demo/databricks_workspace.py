"""This file holds a Databricks workspace on this machine: as much of its REST interface as the platform uses.

The real SDK talks to it, on the loopback interface only, and what is submitted really runs. What it is not: a
cluster, a check of permissions, Unity Catalog's own rules.
https://docs.databricks.com/api/workspace/introduction
"""

from __future__ import annotations

import base64
import json
import secrets as chance
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from dataops_platform.demo.databricks_catalog import Catalogs
from dataops_platform.demo.databricks_clusters import Clusters
from dataops_platform.demo.databricks_runs import JobRuns, told
from dataops_platform.demo.databricks_volumes import NotThere, Volumes

_FILES, _FOLDERS = "/api/2.0/fs/files", "/api/2.0/fs/directories"
_TOKENS = "/oidc/v1/token"
_OPEN = {"/oidc/.well-known/oauth-authorization-server", _TOKENS}
_LOST = {"dropped before", "dropped after"}
Answer = tuple[int, Any]


@dataclass
class Workspace:
    """One emulated workspace.

    Attributes:
        token: the access token that is valid; `client` and `secret` are a service principal's.
        volume: the one volume, as `DATAOPS_DATABRICKS_VOLUME` names it.
        clusters: those that are there.
        secrets: what is in the workspace's secrets, by scope and key.
        expired: tokens that were valid once.
        faults: what becomes of the next request whose path holds the first text: a status to answer with, or `dropped
            before` and `dropped after` it took effect.
        requests: method and path of everything that was asked for.
    """

    folder: Path
    runs: JobRuns
    volumes: Volumes
    volume: str
    clusters: Clusters
    secrets: dict[tuple[str, str], str] = field(repr=False)
    catalogs: Catalogs = field(default_factory=Catalogs)
    host: str = ""
    token: str = field(default_factory=lambda: f"dapi{chance.token_hex(16)}", repr=False)
    client: str = "platform"
    secret: str = field(default_factory=lambda: chance.token_hex(16), repr=False)
    expired: set[str] = field(default_factory=set, repr=False)
    faults: list[tuple[str, int | str]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """The variables by which the platform finds this workspace; the wheel is for its owner to put there."""
        return {
            "DATABRICKS_HOST": self.host,
            "DATABRICKS_TOKEN": self.token,
            "DATAOPS_ENGINE": "databricks",
            "DATAOPS_DATABRICKS_VOLUME": self.volume,
        }

    def fault(self, path: str) -> int | str | None:
        """What is to become of this request, once."""
        for index, (part, happens) in enumerate(self.faults):
            if part in path:
                del self.faults[index]
                return happens
        return None

    def page(self, run_id: int) -> str:
        """Where people look at a run."""
        return f"{self.host}/jobs/runs/{run_id}"

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a request of somebody who may ask."""
        for prefix, serve in ((_FILES, self._file), (_FOLDERS, self._folder)):
            if path.startswith(prefix):
                return serve(method, path.removeprefix(prefix), body)
        route = f"{method} /{path.split('/', 3)[3]}" if path.startswith("/api/") else f"{method} {path}"
        routes: dict[str, Callable[[], Answer]] = {
            "GET /oidc/.well-known/oauth-authorization-server": self._oidc,
            "POST /jobs/runs/submit": lambda: (200, {"run_id": self.runs.submit(json.loads(body)).run_id}),
            "GET /jobs/runs/get": lambda: self._run(int(query["run_id"])),
            "POST /jobs/runs/cancel": lambda: self._cancel(json.loads(body)["run_id"]),
            "POST /sql/statements": lambda: (200, self.catalogs.execute(json.loads(body)["statement"])),
            "GET /unity-catalog/tables": lambda: self._tables(
                f"{query['catalog_name']}.{query['schema_name']}"
            ),
            "GET /secrets/get": lambda: self._secret(query["scope"], query["key"]),
            "GET /secrets/list": lambda: self._secrets(query["scope"]),
        }
        if route.startswith("GET /sql/statements/"):
            return 200, self.catalogs.answer(route.rpartition("/")[2])
        return routes[route]() if route in routes else _nothing(path)

    def _oidc(self) -> Answer:
        return 200, {
            "token_endpoint": self.host + _TOKENS,
            "authorization_endpoint": f"{self.host}/oidc/v1/authorize",
        }

    def _run(self, run_id: int) -> Answer:
        run = self.runs.all.get(run_id)
        return (200, told(run, self.page)) if run else _nothing(f"Run {run_id}")

    def _cancel(self, run_id: int) -> Answer:
        if run_id not in self.runs.all:
            return _nothing(f"Run {run_id}")
        self.runs.all[run_id].cancelled.set()
        return 200, {}

    def _secret(self, scope: str, key: str) -> Answer:
        value = self.secrets.get((scope, key))
        if value is None:
            return _nothing(f"Secret {scope}/{key}")
        return 200, {"key": key, "value": base64.b64encode(value.encode()).decode()}

    def _secrets(self, scope: str) -> Answer:
        keys = [key for of, key in self.secrets if of == scope]
        return (200, {"secrets": [{"key": key} for key in keys]}) if keys else _nothing(f"Scope {scope}")

    def _tables(self, schema: str) -> Answer:
        if schema not in self.catalogs.schemas:
            return _nothing(f"Schema '{schema}'")
        tables = [(name.rpartition("."), one.location) for name, one in self.catalogs.tables.items()]
        return 200, {
            "tables": [
                {"name": name, "storage_location": where}
                for (place, _, name), where in tables
                if place == schema
            ]
        }

    def _file(self, method: str, path: str, body: bytes) -> Answer:
        if method == "PUT":
            self.volumes.write(path, body)
            return 204, None
        if method == "DELETE":
            self.volumes.remove(path)
            return 204, None
        return 200, self.volumes.read(path)

    def _folder(self, method: str, path: str, _body: bytes) -> Answer:
        if method == "PUT":
            self.volumes.make(path)
            return 204, None
        if method == "DELETE":
            self.volumes.remove(path)
            return 204, None
        return 200, {"contents": self.volumes.names(path)}

    def refusal(self, path: str, authorization: str) -> Answer | None:
        """Why this request is not answered; None where whoever asks may."""
        token = authorization.removeprefix("Bearer ")
        if path in _OPEN or token == self.token:
            return None
        if token in self.expired:
            return 401, {"error_code": "UNAUTHENTICATED", "message": "Token is expired."}
        return 403, {"error_code": "PERMISSION_DENIED", "message": "Invalid access token."}


def _nothing(what: str) -> Answer:
    return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"{what} does not exist."}


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, workspace: Workspace, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.workspace = workspace
        workspace.host = f"http://127.0.0.1:{self.server_port}"


class _Request(BaseHTTPRequestHandler):
    server: _Server

    def _serve(self) -> None:
        workspace, url = self.server.workspace, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(url.path).rstrip("/")
        workspace.requests.append((self.command, path))
        happens = workspace.fault(path)
        if happens == "dropped before":
            return
        if isinstance(happens, int):
            self._say(happens, {"error_code": "TEST", "message": "as asked for"})
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        answer = workspace.refusal(path, self.headers.get("Authorization", ""))
        if answer is None:
            try:
                answer = (
                    self._token(body)
                    if path == _TOKENS
                    else workspace.answer(self.command, path, query, body)
                )
            except NotThere as missing:
                answer = _nothing(str(missing))
        if happens != "dropped after":
            self._say(*answer)

    def _token(self, body: bytes) -> Answer:
        """A service principal's token, for its name and secret."""
        workspace = self.server.workspace
        told = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if told != f"{workspace.client}:{workspace.secret}" or b"client_credentials" not in body:
            return 401, {"error": "invalid_client", "error_description": "Client authentication failed"}
        return 200, {"access_token": workspace.token, "token_type": "Bearer", "expires_in": 3600}

    def _say(self, status: int, told: Any) -> None:
        body = told if isinstance(told, bytes) else b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/octet-stream" if isinstance(told, bytes) else "application/json"
        )
        self.send_header("Content-Length", str(len(body)))
        if status in {429, 503}:
            self.send_header("Retry-After", "0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  # the standard library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as the standard library calls it
        """Nothing is written to the terminal."""


@contextmanager
def databricks_workspace(
    folder: Path, *, environment: Mapping[str, str], port: int = 0
) -> Iterator[Workspace]:
    """A workspace listens on the loopback interface until the end of the block; its volumes lie in `folder`.

    Args:
        environment: the variables of its job runs, such as `AWS_*`: what a cluster's own role is in the cloud.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve() / "Volumes"
    volume = root / "main" / "dataops" / "runs"
    volume.mkdir(parents=True, exist_ok=True)
    secrets: dict[tuple[str, str], str] = {}
    clusters = Clusters(secrets)
    runs = JobRuns(folder.resolve(), environment, clusters)
    workspace = Workspace(folder, runs, Volumes(root), str(volume), clusters, secrets)
    with _Server(workspace, port) as server:
        thread = Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="databricks workspace"
        )
        thread.start()
        # Within a job run the SDK asks as whoever runs it.
        workspace.runs.environment |= {"DATABRICKS_HOST": workspace.host, "DATABRICKS_TOKEN": workspace.token}
        try:
            yield workspace
        finally:
            workspace.runs.close()
            server.shutdown()
            thread.join()
