"""On what a measurement was made: without it a number of seconds says nothing."""

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("dagster", "pyspark", "delta-spark", "pysail", "deltalake", "polars", "pyarrow", "duckdb")


def machine() -> dict[str, str | int | float]:
    """Processor, cores, memory and kernel of this machine."""
    return {
        "cpu": _field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "kernel": platform.release(),
    }


def versions() -> dict[str, str]:
    """The Python and the libraries the variants run on."""
    return {"python": platform.python_version()} | {name: _version(name) for name in _LIBRARIES}


def code() -> str:
    """A fingerprint of the platform's source: two results with the same one measured the same program."""
    fingerprint = hashlib.sha256()
    package = Path(__file__).parent.parent / "dataops_platform"
    for file in sorted(package.rglob("*.py")):
        fingerprint.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return fingerprint.hexdigest()[:12]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def _field(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"
