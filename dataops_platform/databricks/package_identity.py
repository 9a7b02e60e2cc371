"""This package's identity: two places hold the same code where they give the same one."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import dataops_platform

_SHOWN = 12


def package_identity() -> str:
    """A digest of every Python file of the package: a version stays while the code changes."""
    folder = Path(dataops_platform.__path__[0])
    code = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.py")}
    return _identity(code)


def identity_of_wheel(wheel: bytes) -> str:
    """The same of the package that a wheel holds; empty where it holds none."""
    try:
        with zipfile.ZipFile(BytesIO(wheel)) as packed:
            names = packed.namelist()
            ours = [name for name in names if name.startswith("dataops_platform/") and name.endswith(".py")]
            code = {name.partition("/")[2]: packed.read(name) for name in ours}
    except zipfile.BadZipFile:
        return ""
    return _identity(code) if code else ""


def _identity(code: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, body in sorted(code.items()):
        digest.update(f"{name} {len(body)}\n".encode() + body)
    return digest.hexdigest()[:_SHOWN]
