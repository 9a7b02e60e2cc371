"""This file holds `dataops dev` as a person starts it, and what of its lake can be read without the platform."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from dataops_platform.demo.ports import free_ports
from dataops_platform.demo.s3_server import S3Server
from dataops_platform_tests.delta_rows import delta_rows

REPOSITORY = Path(__file__).resolve().parents[2]
WITHIN = 120.0
#: Dagster's daemon looks for backfills every 30 s, which 1.13 has no setting for, and twice at each at least.
_PROMPT = """import sys
if sys.orig_argv[1:3] == ["-m", "dagster._daemon"]:
    from dagster._daemon import controller
    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 2
"""


@dataclass(frozen=True)
class Running:
    """`dataops dev` as it runs: where its pages are, and its lake, read without any code of the platform."""

    url: str
    s3: S3Server

    def land(self, key: str, text: str) -> None:
        """A file is in the landing bucket."""
        with closing(self.s3.client()) as client:
            client.put_object(Bucket="landing", Key=key, Body=text.encode())

    def version(self, table: str) -> int:
        """The Delta version of a table; -1 where it was never written."""
        storage = self.s3.environment()
        exists = DeltaTable.is_deltatable(f"s3://lake/{table}", storage)
        return DeltaTable(f"s3://lake/{table}", storage_options=storage).version() if exists else -1

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of a Delta table, in order; none where it was never written."""
        if self.version(table) < 0:
            return []
        found = DeltaTable(f"s3://lake/{table}", storage_options=self.s3.environment())
        return sorted(tuple(row[c] for c in columns) for row in delta_rows(found, *columns))


def processes_of(folder: Path) -> set[int]:
    """Every process that was started on this folder, whatever became of its parent."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
        if os.fsencode(folder) in told:
            found.add(int(process.name))
    return found - {os.getpid()}


@contextmanager
def dataops_dev(folder: Path, **variables: str) -> Iterator[Running]:
    """`dataops dev` is ready, on free ports; afterwards nothing of it is left. It lands no data of its own.

    `variables` are set in its environment.
    """
    (folder / "s3").mkdir(exist_ok=True)  # where there is one, the demo's month of files does not land
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port, s3_port = free.getsockname()[1], free_ports(None).s3
    command = [sys.executable, "-m", "dataops_platform.cli", "dev", "--folder", str(folder)]
    command += ["--port", str(port), "--s3-port", str(s3_port)]
    log = folder / "dev.log"
    (folder / "sitecustomize.py").write_text(_PROMPT)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    own = {"DATAOPS_SENSORS": "off", "PYTHONUNBUFFERED": "1", "PYTHONPATH": path}
    with log.open("wb") as words:
        environment = os.environ | own | variables
        child = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=words, stderr=words)
    try:
        wait_for_words(child, log, "Ctrl-C")
        assert processes_of(folder) > {child.pid}
        yield Running(f"http://127.0.0.1:{port}", s3_server(folder, s3_port))
        child.send_signal(signal.SIGTERM)
        assert child.wait(WITHIN) == 0, log.read_text()
        left = processes_of(folder)
        assert not left, f"processes outlive `dataops dev`: {left}"
    finally:
        child.kill()
        child.wait()


def wait_for_words(child: subprocess.Popen[bytes], log: Path, words: str) -> None:
    for _ in range(int(WITHIN / 0.25)):
        if words in log.read_text():
            return
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"`dataops dev` ended with {child.wait(0.25)}: {log.read_text()}")
    pytest.fail(f"`dataops dev` was not ready within {WITHIN:.0f} s: {log.read_text()}")


def s3_server(folder: Path, port: int) -> S3Server:
    keys = json.loads((folder / "s3" / "s3.json").read_text())["identities"][0]["credentials"][0]
    return S3Server(f"http://127.0.0.1:{port}", keys["accessKey"], keys["secretKey"], folder / "s3", 0)


def keep_in_raw_zone(running: Running) -> None:
    """What has landed is in the raw zone, as the sensor would bring it there; no table was loaded."""
    from dataops_platform.commands.sync import open_platform
    from dataops_platform.layers.runs import ingest
    from dataops_platform.resources.environments import read_settings
    from dataops_platform.tables import load_tables

    with pytest.MonkeyPatch.context() as patch:
        for name, value in running.s3.environment().items():
            patch.setenv(name, value)
        with open_platform(read_settings({"DATAOPS_FIRST_DATE": "2026-06-01"}), load_tables()) as platform:
            ingest(platform)
