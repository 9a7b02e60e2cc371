"""Volumes of the emulated workspace: nothing of this machine beside them can be read or written."""

from __future__ import annotations

import pytest

from dataops_platform.demo.databricks_volumes import NotThere, Volumes


@pytest.fixture
def volumes(tmp_path) -> Volumes:
    """One volume, and a file that is in none."""
    (tmp_path / "Volumes" / "main" / "dataops" / "runs").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    return Volumes(tmp_path / "Volumes")


@pytest.mark.parametrize("path", ["/etc/passwd", "{0}/secret", "{0}/Volumes/../secret", "Volumes/x", ""])
def test_what_is_in_no_volume_is_not_there(volumes, tmp_path, path):
    asked = path.format(tmp_path)

    for question in (volumes.read, volumes.names, volumes.remove, volumes.make, volumes.is_there):
        with pytest.raises(NotThere):
            question(asked)
    with pytest.raises(NotThere):
        volumes.write(asked, b"")


def test_a_volume_that_nobody_made_takes_no_folder(volumes):
    with pytest.raises(NotThere):
        volumes.make(f"{volumes.root}/main/dataops/other/tmp")


def test_a_file_holds_what_was_written_until_it_is_removed(volumes):
    folder = f"{volumes.root}/main/dataops/runs/tmp"
    volumes.make(folder)
    volumes.write(f"{folder}/1.json", b"{}")

    assert volumes.read(f"{folder}/1.json") == b"{}"
    assert [found["name"] for found in volumes.names(folder)] == ["1.json"]
    volumes.remove(folder)
    assert not volumes.is_there(folder)
