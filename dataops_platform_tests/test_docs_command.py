"""The folder of pages: what was written earlier gives way, what is somebody else's is not touched."""

import pytest

from dataops_platform.commands.docs import write
from dataops_platform.errors import EnvironmentProblem


def test_pages_of_tables_that_are_no_more_are_removed_and_other_files_are_not_touched(tmp_path):
    out = tmp_path / "site"
    write([("index.html", b"1"), ("tables/a.html", b"a")], out)
    (out / "mine.txt").write_text("mine")

    assert write([("index.html", b"2")], out) == 1

    assert (out / "index.html").read_bytes() == b"2"
    assert not (out / "tables/a.html").exists()
    assert (out / "mine.txt").exists()


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(EnvironmentProblem, match="other files"):
        write([("index.html", b"1")], tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
