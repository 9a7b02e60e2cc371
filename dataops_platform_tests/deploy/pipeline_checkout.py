"""This file holds a checkout for pipelines to run in on this machine: a change, its origin, and stand-ins."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dataops_platform_tests.deploy.production import REPOSITORY

GIT = shutil.which("git") or "git"
_AUTHOR = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
#: Text of a contract's file that a change has, and that main has in its place: a column that the change takes away.
TAKES_A_COLUMN_AWAY = {
    "docs/contracts/customers.odcs.yaml": (
        "  - name: city\n",
        "  - name: fax\n    logicalType: string\n    description: Number of a fax.\n  - name: city\n",
    )
}
_LOG = "asked.jsonl"
_STAND_IN = """#!{python}
import json, os, sys
with open({log!r}, "a") as log:
    print(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]), file=log)
"""


@dataclass(frozen=True)
class Checkout:
    """A clone in which a change is checked out, its origin, and programs that take the place of absent ones."""

    folder: Path
    origin: Path
    programs: Path

    def git(self, *words: str) -> None:
        _git(self.folder, *words)

    def asked(self) -> list[list[str]]:
        """What the clients of absent servers were asked for, in order."""
        return asked(self.programs)

    def variables(self) -> dict[str, str]:
        """The variables of whoever runs the tests, who may reach registries; the stand-ins come before all programs."""
        return os.environ | {"PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"}


def _git(folder: Path, *words: str) -> None:
    subprocess.run([GIT, *_AUTHOR, *words], cwd=folder, check=True, capture_output=True)


def stand_in(programs: Path, *names: str) -> None:
    """In this folder are programs of these names, which do nothing but write down what they were asked for."""
    programs.mkdir(exist_ok=True)
    for name in names:
        path = programs / name
        path.write_text(_STAND_IN.format(python=sys.executable, log=str(programs / _LOG)))
        path.chmod(0o755)


def asked(programs: Path) -> list[list[str]]:
    """Each command that the stand-ins were asked for, as words, in order."""
    log = programs / _LOG
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def ready(folder: Path) -> None:
    """`make setup` has nothing to do in the folder: its environment is the one that runs the tests.

    The folder `.venv` is its own and holds links, so that nothing done in it could reach what they lead to.
    """
    environment = folder / ".venv"
    environment.mkdir()
    for name in ("bin", "lib"):
        (environment / name).symlink_to(Path(sys.prefix) / name)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", environment)
    (environment / ".locked").write_text(f"{folder}\n")
    (environment / ".ready").touch()


def make_checkout(folder: Path, on_main: dict[str, tuple[str, str]]) -> Checkout:
    """A clone whose branch `change` holds the project's files; on main a text of these files was another."""
    listed = subprocess.run([GIT, "ls-files", "-z"], cwd=REPOSITORY, check=False, capture_output=True)
    if listed.returncode:
        pytest.skip("this is no clone of the repository: a change of it cannot be made")
    made = Checkout(folder / "checkout", folder / "origin.git", folder / "programs")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, made.folder / name)
    kept = {name: (made.folder / name).read_text() for name in on_main}
    for name, (now, before) in on_main.items():
        assert now in kept[name]
        (made.folder / name).write_text(kept[name].replace(now, before))
    made.git("init", "--initial-branch=main")
    made.git("add", ".")
    made.git("commit", "--message=before")
    _git(folder, "clone", "--bare", str(made.folder), str(made.origin))
    made.git("remote", "add", "origin", str(made.origin))
    made.git("checkout", "-b", "change")
    for name, text in kept.items():
        (made.folder / name).write_text(text)
    made.git("commit", "--all", "--message=after")
    made.git("push", "origin", "change")
    stand_in(made.programs, "aws", "helm", "gh")
    return made
