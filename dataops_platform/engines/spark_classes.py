"""The archive of Spark's classes as the JVM has loaded them once: with it, Spark starts in a fraction of the time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from dataops_platform.engines.engine_files import engine_files
from dataops_platform.engines.java import Java

#: One machine's work mostly ends before the second compiler has paid for itself.
_QUICK = ["-XX:TieredStopAtLevel=1"]


def flags(java: Java, jars: Sequence[Path]) -> list[str]:
    """Flags of a quick start: with the archive, where one was made for this Java and these jars."""
    archive = archive_for(java, jars)
    # An archive that does not fit is left aside by the JVM, which then starts as slowly as without.
    return [*_QUICK, *([f"-XX:SharedArchiveFile={archive}", "-Xshare:auto"] if archive.is_file() else [])]


def making_flags(archive: Path) -> list[str]:
    """Flags of a run that leaves the archive behind when it ends."""
    return [*_QUICK, f"-XX:ArchiveClassesAtExit={archive}"]


def archive_for(java: Java, jars: Sequence[Path]) -> Path:
    """Where the archive of this Java and these jars is, or is to be."""
    made_of = "\n".join([java.command, java.version, version("pyspark"), *map(str, jars)])
    return engine_files() / f"spark-classes-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.jsa"
