"""Spark's jars for Delta: fetched once, at set-up, held to their SHA-256, never looked for afterwards."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from dataops_platform.errors import EnvironmentProblem

_ORGANISATION, _VERSION = "io.delta", "4.4.0"
#: What delta-spark needs beside the jars that pyspark brings, and what each has to be.
JARS = {
    "delta-spark_4.2_2.13": "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
    "delta-storage": "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
    "delta-kernel-api": "ee9b5a14ac3b7efdff4d61a58478fe8eb0e5a3fbca43889dca7290795fe79a11",
    "delta-kernel-defaults": "225c975199e4718b38ee5b7e6da7f19e9585024262b2cec2656b32151a856b0b",
}
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


def jars_folder() -> Path:
    """Where the fetched jars are: beside this Python's packages, so that each environment has its own."""
    return Path(sys.prefix) / "share" / "dataops-platform" / "jars"


def installed_jars() -> list[Path]:
    """The fetched jars, each what it has to be.

    Raises:
        EnvironmentProblem: one is missing or another; the message says how to fetch them.
    """
    found = [jars_folder() / f"{name}-{_VERSION}.jar" for name in JARS]
    wrong = [jar.name for jar in found if not _is_right(jar)]
    if wrong:
        raise EnvironmentProblem(
            f"DATAOPS_ENGINE=spark needs {len(JARS)} jars of Delta in {jars_folder()}; {', '.join(wrong)} "
            "is missing or is not what it has to be. Fetch them once, with a network: dataops engines install."
        )
    return found


def install_jars(java: str) -> list[Path]:
    """The jars are in their folder; those that are there already are not fetched again.

    Raises:
        EnvironmentProblem: they could not be fetched, or one of them is not what it has to be.
    """
    folder = jars_folder()
    missing = [name for name in JARS if not _is_right(folder / f"{name}-{_VERSION}.jar")]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(java, missing, folder)
    return installed_jars()


def _fetch(java: str, names: list[str], folder: Path) -> None:
    """By Ivy, which pyspark brings: it knows where jars are published, and takes a mirror from its own settings."""
    [ivy] = pyspark_jars().glob("ivy-*.jar")
    with tempfile.TemporaryDirectory(prefix="dataops-ivy-") as scratch:
        module = Path(scratch) / "ivy.xml"
        module.write_text(
            _MODULE.format("".join(_DEPENDENCY.format(_ORGANISATION, name, _VERSION) for name in names))
        )
        wanted = str(folder / "[artifact]-[revision].[ext]")
        command = [java, "-cp", str(ivy), "org.apache.ivy.Main", "-cache", f"{scratch}/cache"]
        done = subprocess.run(
            [*command, "-ivy", str(module), "-retrieve", wanted], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise EnvironmentProblem(
            f"{len(names)} jars of Delta could not be fetched. Check the network, or put {', '.join(names)} "
            f"{_VERSION} into {folder} by hand."
        )


def _is_right(jar: Path) -> bool:
    name = jar.name.removesuffix(f"-{_VERSION}.jar")
    return jar.is_file() and hashlib.sha256(jar.read_bytes()).hexdigest() == JARS[name]
