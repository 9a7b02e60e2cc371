"""Spark's jars are what they have to be, or nothing begins."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dataops_platform.engines import spark_jars
from dataops_platform.engines.spark_jars import JARS, Jar, install_jars, installed_jars, pyspark_jars
from dataops_platform.errors import EnvironmentProblem


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Where jars are kept; nothing is there yet."""
    monkeypatch.setenv("DATAOPS_ENGINE_FILES", str(tmp_path))
    return tmp_path


def jar_of(folder, text):
    """A jar of these bytes."""
    jar = Jar("org.example", "one", "1.0", hashlib.sha256(b"right").hexdigest())
    (folder / jar.file).write_bytes(text)
    return jar


def test_missing_jars_are_counted_with_the_command_that_fetches_them(files):
    with pytest.raises(EnvironmentProblem, match=f"{len(JARS)} of them.*dataops engines install") as told:
        installed_jars()

    assert str(files) in str(told.value)


def test_a_jar_that_was_changed_is_as_good_as_missing(files, monkeypatch):
    monkeypatch.setattr(spark_jars, "JARS", (jar_of(files, b"wrong"),))

    with pytest.raises(EnvironmentProblem, match=r"1 of them, one-1\.0\.jar"):
        installed_jars()


def test_jars_that_are_there_are_not_fetched_again(files, monkeypatch):
    monkeypatch.setattr(spark_jars, "JARS", (jar_of(files, b"right"),))

    assert install_jars("no such java") == []
    assert installed_jars() == [files / "one-1.0.jar"]


def test_a_process_reads_each_jar_once_and_again_where_it_changed(files, monkeypatch):
    jar, read = jar_of(files, b"right"), []
    monkeypatch.setattr(spark_jars, "JARS", (jar,))
    of_the_disk = Path.read_bytes

    def watched(path):
        read.append(path.name)
        return of_the_disk(path)

    monkeypatch.setattr(Path, "read_bytes", watched)

    for _ in range(3):
        installed_jars()
    (files / jar.file).write_bytes(b"quite another")

    with pytest.raises(EnvironmentProblem, match="missing or are not"):
        installed_jars()
    assert read == [jar.file, jar.file]


def test_no_pinned_jar_is_one_that_pyspark_brings():
    brought = {path.name.rpartition("-")[0] for path in Path(pyspark_jars()).glob("*.jar")}

    assert not {jar.name for jar in JARS} & brought
