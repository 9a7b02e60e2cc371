"""This package's identity: two places hold the same code where they give the same one."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import dataops_platform

_SHOWN = 12
_VERSION = re.compile(rb"^Version: (\S+)$", re.MULTILINE)


def package_identity() -> str:
    """The version, and a digest of every Python file of the package: a version alone stays while its code changes."""
    folder = Path(dataops_platform.__path__[0])
    code = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.py")}
    return _identity(version("dataops-platform"), code)


def identity_of_wheel(wheel: bytes) -> str:
    """The same of the package that a wheel holds; empty where it holds none."""
    try:
        with zipfile.ZipFile(BytesIO(wheel)) as packed:
            names = packed.namelist()
            told = [packed.read(name) for name in names if name.endswith(".dist-info/METADATA")]
            ours = [name for name in names if name.startswith("dataops_platform/") and name.endswith(".py")]
            code = {name.partition("/")[2]: packed.read(name) for name in ours}
    except zipfile.BadZipFile:
        return ""
    found = _VERSION.search(told[0]) if told else None
    return _identity(found[1].decode(), code) if found and code else ""


def _identity(told: str, code: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, body in sorted(code.items()):
        digest.update(f"{name} {len(body)}\n".encode() + body)
    return f"{told}+{digest.hexdigest()[:_SHOWN]}"
