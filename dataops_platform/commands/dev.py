"""This file holds `dataops dev`: Dagster's web server, its daemon and an S3 server, on this machine only."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console

from dataops_platform.commands import demo
from dataops_platform.commands.home import PROJECT
from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.demo.shop import make_sample
from dataops_platform.engines.child_process import guarded_child
from dataops_platform.errors import EnvironmentProblem

_READY_WITHIN = 120.0


def run(console: Console, folder: Path, *, port: int, s3_port: int | None) -> int:
    """Dagster runs at `port` on the demo's data until Ctrl-C; then nothing that was started is left."""
    refuse_port_in_use(port)
    is_new = not (folder / "s3").exists()
    with seaweedfs(folder / "s3", port=s3_port) as server:
        demo.use(server, folder)
        os.environ.setdefault("DATAOPS_SENSORS", "on")
        os.environ["DATAOPS_DAGSTER_URL"] = f"http://127.0.0.1:{port}"
        if is_new:
            console.print("No demo data yet: landing a month of files, which the sensor picks up.")
            demo.put(server, [file for file in make_sample().files if file.wave == 1])
        log = folder / "dagster.log"
        # From its own folder: in the project's it would warn of the dagster.yaml that it does not use.
        command = [sys.executable, "-m", "dagster", "dev", "-w", str(PROJECT / "workspace.yaml")]
        command += ["-h", "127.0.0.1", "-p", str(port)]
        with guarded_child(command, folder=folder, log=log, environment=dict(os.environ)) as child:
            wait_until_ready(port, child.poll, log)
            console.print(f"Dagster:  http://127.0.0.1:{port}  (log: {log})")
            console.print(f"S3:       {server.endpoint}  (keys: {folder / 's3' / 's3.json'})")
            console.print(f"Terminal: . {folder / 'env'}  (for dataops, boto3 and DuckDB on the same data)")
            console.print(
                f"Pages:    . {folder / 'env'} && dataops docs --serve  (what each table is, kept up to date)"
            )
            console.print(
                "Drop a file into the bucket landing and watch the sensor start a run. Ctrl-C ends it all."
            )
            try:
                child.wait()
            except KeyboardInterrupt:
                console.print("Stopping.")
                return 0
    raise EnvironmentProblem(f"Dagster ended by itself. Its last words are in {log}.")


def refuse_port_in_use(port: int) -> None:
    """Raises where something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise EnvironmentProblem(
                f"Port {port} is in use on 127.0.0.1. Stop what listens there, or choose another: "
                "dataops dev --port 3001."
            ) from None


def wait_until_ready(port: int, poll: object, log: Path) -> None:
    """The web server answers."""
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        if callable(poll) and poll() is not None:
            raise EnvironmentProblem(f"Dagster ended while starting. Its last words are in {log}.")
        try:
            with urlopen(f"http://127.0.0.1:{port}/server_info", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise EnvironmentProblem(
        f"Dagster did not answer on port {port} within {_READY_WITHIN:.0f} s. See {log}."
    )
