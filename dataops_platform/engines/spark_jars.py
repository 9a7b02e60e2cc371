"""Spark's jars beside those of pyspark: fetched once, at set-up, held to their SHA-256, never looked for afterwards."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from dataops_platform.engines.engine_files import engine_files
from dataops_platform.engines.spark_pins import PINS
from dataops_platform.errors import EnvironmentProblem


@dataclass(frozen=True)
class Jar:
    """A jar as it was published, and what it has to be."""

    organisation: str
    name: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"{self.name}-{self.version}.jar"

    def is_in(self, folder: Path) -> bool:
        """Whether the folder has it, unchanged."""
        jar = folder / self.file
        if not jar.is_file():
            return False
        now = jar.stat()
        return _sha256(jar, now.st_size, now.st_mtime_ns) == self.sha256


@cache
def _sha256(jar: Path, _size: int, _changed_at: int) -> str:
    """Of the jar as it was then: a process that makes a platform every minute reads each jar once."""
    return hashlib.sha256(jar.read_bytes()).hexdigest()


JARS = tuple(
    Jar(organisation, name, version, sha256)
    for (organisation, version), jars in PINS.items()
    for name, sha256 in jars.items()
)
_MODULE = """<ivy-module version="2.0">
<info organisation="dataops" module="engine"/>
<configurations><conf name="default"/></configurations>
<dependencies>{}</dependencies>
</ivy-module>"""
_DEPENDENCY = '<dependency org="{}" name="{}" rev="{}" transitive="false" conf="default->default"/>'


def pyspark_jars() -> Path:
    """The folder of the jars that pyspark brings."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise EnvironmentProblem("pyspark is not installed. Run `make setup`.")
    return Path(found.origin).parent / "jars"


def _missing(folder: Path) -> list[Jar]:
    """The jars that are not in `folder`, or are not what they have to be."""
    return [jar for jar in JARS if not jar.is_in(folder)]


def installed_jars() -> list[Path]:
    """The fetched jars, each what it has to be.

    Raises:
        EnvironmentProblem: one is missing or another; the message says how to fetch them.
    """
    folder = engine_files()
    missing = _missing(folder)
    if missing:
        raise EnvironmentProblem(
            f"DATAOPS_ENGINE=spark needs {len(JARS)} jars in {folder}; {len(missing)} of them, {missing[0].file} "
            "for one, are missing or are not what they have to be. Fetch them once: dataops engines install."
        )
    return [folder / jar.file for jar in JARS]


def install_jars(java: str) -> list[str]:
    """All jars are in their folder; those that are there already are not fetched again. Returns the files fetched.

    Raises:
        EnvironmentProblem: they could not be fetched, or one of them is not what it has to be.
    """
    folder = engine_files()
    missing = _missing(folder)
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(java, missing, folder)
    return [jar.file for jar in missing]


def _fetch(java: str, jars: Sequence[Jar], folder: Path) -> None:
    """By Ivy, which pyspark brings: it knows where jars are published, and takes a mirror from its own settings."""
    [ivy] = pyspark_jars().glob("ivy-*.jar")
    with tempfile.TemporaryDirectory(prefix="dataops-ivy-", dir=folder) as scratch:
        asked = (_DEPENDENCY.format(jar.organisation, jar.name, jar.version) for jar in jars)
        module = Path(scratch) / "ivy.xml"
        module.write_text(_MODULE.format("".join(asked)))
        command = [java, "-cp", str(ivy), "org.apache.ivy.Main", "-cache", f"{scratch}/cache"]
        wanted = f"{scratch}/[artifact]-[revision].[ext]"
        done = subprocess.run(
            [*command, "-ivy", str(module), "-retrieve", wanted], capture_output=True, text=True, check=False
        )
        # Only what is right gets its place, whole: a run that looks meanwhile sees no half of a jar.
        fetched = [jar for jar in jars if jar.is_in(Path(scratch))]
        for jar in fetched:
            (Path(scratch) / jar.file).replace(folder / jar.file)
    if len(fetched) < len(jars):
        left = ", ".join(f"{jar.organisation}:{jar.name}:{jar.version}" for jar in jars if jar not in fetched)
        was_there = "another file than it has to be" if done.returncode == 0 else "not to be had"
        raise EnvironmentProblem(
            f"{len(jars) - len(fetched)} of {len(jars)} jars could not be fetched: {was_there}. Check that Maven "
            f"Central or its mirror can be reached, or put the files into {folder} by hand: {left}."
        )
