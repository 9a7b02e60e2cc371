"""This file holds how the package becomes the wheel that a workspace runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BUILD = "import setuptools.build_meta as backend; print(backend.build_wheel('dist'))"


def built_wheel(source: Path) -> Path:
    """This package's wheel; built from a copy in `source`, as setuptools leaves files beside what it builds."""
    shutil.copytree(
        ROOT / "dataops_platform", source / "dataops_platform", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "setup.py", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-c", _BUILD], cwd=source, check=True, capture_output=True)
    [built] = (source / "dist").glob("*.whl")
    return built
