"""A server of the demo ends with its block or its parent, whatever ends them, and nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs

pytestmark = pytest.mark.integration

needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's /proc")


def is_running(process_id: int) -> bool:
    try:
        # The state follows the name in brackets: a zombie has ended and only waits to be noticed.
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def leftover_sockets(server: S3Server) -> list[Path]:
    port = int(server.endpoint.rpartition(":")[2])
    return [path for twin in (port, port + 10_000) for path in Path("/tmp").glob(f"seaweedfs-*-{twin}.sock")]  # noqa: S108


@needs_proc
def test_it_is_gone_after_the_block_and_leaves_nothing_elsewhere(tmp_path: Path) -> None:
    with seaweedfs(tmp_path) as server:
        assert is_running(server.process_id)

    assert not is_running(server.process_id)
    assert leftover_sockets(server) == []


@needs_proc
def test_it_is_gone_after_an_error_in_the_block(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), seaweedfs(tmp_path) as server:
        _ = 1 / 0

    assert not is_running(server.process_id)


# A shell starts background commands with SIGINT ignored, Dagster then ignores SIGTERM too, and Python would keep to
# that: here both are to end the parent.
PARENT = """
import signal, sys, time
from pathlib import Path
from dataops_platform.demo.seaweedfs import seaweedfs

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
with seaweedfs(Path(sys.argv[1])) as server:
    server.client().put_object(Bucket="lake", Key="kept", Body=b"kept")
    print(server.process_id, flush=True)
    time.sleep(120)
"""


@needs_proc
@pytest.mark.parametrize("reason", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_it_does_not_outlive_its_parent_and_loses_nothing(tmp_path: Path, reason: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        process_id = int(parent.stdout.readline())
        parent.send_signal(reason)

    assert within(20, lambda: not is_running(process_id))
    with seaweedfs(tmp_path) as again:
        assert again.client().get_object(Bucket="lake", Key="kept")["Body"].read() == b"kept"
