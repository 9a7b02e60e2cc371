"""This file holds a real PostgreSQL server for tests, in a folder of its own and on the loopback interface only."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataops_platform.engines.child_process import guarded_child

_WITHIN = 60.0
_NOBODY = "postgres"  # Debian's package makes this user; the server refuses to be run by root


def found() -> Path | None:
    """The folder of PostgreSQL's programs; Debian keeps them off PATH, one folder a version."""
    if named := shutil.which("initdb"):
        return Path(named).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3])
    return installed[-1].parent if installed else None


@dataclass(frozen=True)
class Postgres:
    """A running server, and the one account it knows."""

    programs: Path
    port: int
    password: str
    user: str = "dagster"
    database: str = "postgres"

    def environment(self) -> dict[str, str]:
        """The variables by which the production instance finds this server."""
        return {
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(self.port),
            "DAGSTER_PG_USERNAME": self.user,
            "DAGSTER_PG_PASSWORD": self.password,
            "DAGSTER_PG_DB": self.database,
        }

    def client(self) -> dict[str, str]:
        """The variables by which psql, pg_dump and pg_restore find this server."""
        return {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
        }

    def told(self, *command: str) -> str:
        """What a program of PostgreSQL prints."""
        ended = subprocess.run(command, env=self.client(), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@contextmanager
def postgres(programs: Path) -> Iterator[Postgres]:
    """A new server is ready; it and all it kept are gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # pytest's own folders are closed to other users
    try:
        server = Postgres(programs, _free_port(), secrets.token_hex(16))
        _make_cluster(folder, server)
        with _running(folder, server):
            yield server
    finally:
        shutil.rmtree(folder)


def _as_nobody(command: Sequence[str]) -> list[str]:
    if os.geteuid() != 0:
        return [*command]
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *command]


def _make_cluster(folder: Path, server: Postgres) -> None:
    secret = folder / "password"
    secret.write_text(server.password)
    if os.geteuid() == 0:
        for path in (folder, secret):
            shutil.chown(path, _NOBODY, _NOBODY)
    command = [str(server.programs / "initdb"), f"--pgdata={folder / 'cluster'}", f"--username={server.user}"]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-locale", "--no-sync"]
    ended = subprocess.run(_as_nobody(command), cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@contextmanager
def _running(folder: Path, server: Postgres) -> Iterator[None]:
    command = [str(server.programs / "postgres"), "-D", str(folder / "cluster"), "-p", str(server.port)]
    for setting in ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"):
        command += ["-c", setting]
    log = folder / "server.log"
    with guarded_child(_as_nobody(command), folder=folder, log=log) as child:
        try:
            _wait_until_ready(server, child, log)
            yield
        finally:
            child.send_signal(signal.SIGINT)  # at SIGTERM it would wait for its clients
            child.wait(_WITHIN)


def _wait_until_ready(server: Postgres, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _WITHIN
    ready = [str(server.programs / "pg_isready"), "--quiet"]
    while subprocess.run(ready, env=server.client(), check=False).returncode != 0:
        assert child.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
