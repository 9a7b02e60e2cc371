"""This package's identity: two machines hold the same code where they give the same one."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import dataops_platform

_SHOWN = 12


def package_identity() -> str:
    """The version, and a digest of every Python file of the package: a version alone stays while its code changes."""
    folder = Path(dataops_platform.__path__[0])
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        body = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(body)}\n".encode() + body)
    return f"{version('dataops-platform')}+{digest.hexdigest()[:_SHOWN]}"
