"""Where files that engines need are kept: fetched or made once by `dataops engines install`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def engine_files() -> Path:
    """The folder of DATAOPS_ENGINE_FILES, or one beside this Python's packages: each environment has its own."""
    named = os.environ.get("DATAOPS_ENGINE_FILES")
    return Path(named).absolute() if named else Path(sys.prefix) / "share" / "dataops-platform" / "jars"
