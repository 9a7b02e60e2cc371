"""This file holds commands as people type them, many in one process, as most of a command's time is its imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataops_platform_tests.deploy.production import REPOSITORY

_NEXT = "--- the next of many commands ---"
_DRIVER = f"""
import json, sys
from dataops_platform.cli import main
for words in json.loads(sys.stdin.read()):
    sys.argv = ["dataops", *words]
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    for stream in (sys.stdout, sys.stderr):
        print(code, "{_NEXT}", file=stream, flush=True)
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it printed on either stream."""

    code: int
    text: str


def ended(folder: Path, commands: Sequence[Sequence[str]], **variables: str) -> list[Ended]:
    """What became of each command, one after the other in this folder, with these variables and few others."""
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER],
        input=json.dumps(list(map(list, commands))),
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed, told = (stream.split(f" {_NEXT}\n")[:-1] for stream in (done.stdout, done.stderr))
    assert len(printed) == len(told) == len(commands), done.stderr
    return [_ended(*both) for both in zip(printed, told, strict=True)]


def _ended(printed: str, told: str) -> Ended:
    # The last word of each stream is the code, on a line of its own or after what has no end of line.
    texts = [stream.rpartition("\n") for stream in (printed, told)]
    return Ended(int(texts[0][2] or 0), "".join(f"{before}{end}" for before, end, _ in texts))
