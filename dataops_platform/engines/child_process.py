"""This file holds child processes that end with their parent, whatever ends the parent."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from dataops_platform.errors import EnvironmentProblem

# SeaweedFS takes a second to go, or over twenty. What it acknowledged survives a kill of the process as well.
_GRACE = 2.0

# A parent that dies by SIGTERM or SIGKILL runs no clean-up of its own, and the kernel's parent-death signal
# follows the starting thread, not the process. So a shell waits on a pipe that only the parent holds open.
_GUARD = """
read -r _
kill -s TERM -- "-$1"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.2
    kill -s 0 -- "-$1" || break
done
kill -s KILL -- "-$1"
shift
rm -f -- "$@"
"""


@contextmanager
def guarded_child(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    keep_open: Sequence[int] = (),
    leftovers: Sequence[Path] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """The command runs in `folder` and writes to `log`; it is gone when the block ends or this process dies.

    Args:
        environment: the child's variables; by default none that belong to the person who started this.
        keep_open: file descriptors the child holds too, so that a lock lasts as long as either lives.
        leftovers: files the child makes elsewhere and does not remove.
    """
    with log.open("wb") as words:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=environment or {"HOME": str(folder), "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            pass_fds=keep_open,
            start_new_session=True,
        )
    try:
        with _guard(child.pid, leftovers):
            try:
                yield child
            finally:
                _stop(child)
    finally:
        _stop(child)
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


@contextmanager
def _guard(group: int, leftovers: Sequence[Path]) -> Iterator[None]:
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "guard", str(group), *map(str, leftovers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()


def _stop(child: subprocess.Popen[bytes]) -> None:
    """The child and its group are gone: asked first, then made to go."""
    if child.poll() is not None:
        return
    try:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Also when a second Ctrl-C cuts the wait short.
        if child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@contextmanager
def sole_use_of(folder: Path) -> Iterator[int]:
    """No other server works in this folder while the yielded descriptor is open anywhere."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, folder)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    """The folder is this process's; one whose parent was killed just now is given the time to go."""
    deadline = time.monotonic() + 2 * _GRACE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise EnvironmentProblem(
                    f"{folder} is in use by another SeaweedFS server: stop it, or choose another folder."
                ) from error
        time.sleep(0.05)
