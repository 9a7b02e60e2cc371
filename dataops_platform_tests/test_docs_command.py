"""The folder of pages: what was written earlier gives way, what is somebody else's is not touched."""

import os
import re
import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from deltalake import write_deltalake

from dataops_platform.cli import dataops
from dataops_platform.commands.docs import write
from dataops_platform.errors import EnvironmentProblem
from dataops_platform_tests.catalog.found_lake import rows
from dataops_platform_tests.listening import LOOPBACK, listening


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


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """A lake with one table that nobody declared, which the variables name."""
    monkeypatch.setenv("DATAOPS_LAKE_URL", str(tmp_path / "lake"))
    write_deltalake(tmp_path / "lake/silver/found", rows(1), partition_by=["ingestion_date"])
    return tmp_path / "lake"


def test_a_crawl_and_its_pages_are_two_commands(lake, tmp_path):
    crawled = CliRunner().invoke(dataops, ["crawl"])
    written = CliRunner().invoke(dataops, ["docs", "--out", str(tmp_path / "site")])

    assert (crawled.exit_code, written.exit_code) == (0, 0)
    assert "1 table with 1 row," in crawled.output
    assert "1 without a contract, so nobody answers for it: silver/found" in crawled.output
    assert "declared and not there yet: bronze/customers" in crawled.output
    assert (lake / "catalog/metadata.json").is_file()
    assert "found" in (tmp_path / "site/index.html").read_text()


def test_a_crawl_that_met_an_unreadable_table_ends_with_1_and_says_which(lake):
    next(lake.rglob("*.json")).write_text("{")

    told = CliRunner().invoke(dataops, ["crawl"])

    assert told.exit_code == 1
    assert "unreadable  silver/found cannot be read" in told.output
    assert (lake / "catalog/metadata.json").is_file()


@pytest.mark.usefixtures("lake")
def test_a_lake_in_a_folder_cannot_be_registered_in_glue():
    told = CliRunner().invoke(dataops, ["crawl", "--glue"])

    assert isinstance(told.exception, EnvironmentProblem)
    assert "on S3 only" in str(told.exception)


def test_pages_without_a_crawl_say_what_to_do_first(lake, tmp_path):
    del lake

    told = CliRunner().invoke(dataops, ["docs", "--out", str(tmp_path / "site")])

    assert isinstance(told.exception, EnvironmentProblem)
    assert "dataops crawl" in str(told.exception)
    assert not (tmp_path / "site").exists()


@pytest.mark.integration
def test_pages_are_served_to_this_machine_until_somebody_stops_them(lake, tmp_path):
    command = [sys.executable, "-m", "dataops_platform.cli", "docs", "--out", str(tmp_path / "site")]
    with subprocess.Popen(
        [*command, "--serve", "--port", "0"],
        env={**os.environ, "DATAOPS_LAKE_URL": str(lake), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdout is not None
        address = next(
            found[0] for line in serving.stdout if (found := re.match(r"http://127.0.0.1:\d+", line))
        )
        with urlopen(f"{address}/index.html") as page:  # noqa: S310  # the server started above
            assert b"found" in page.read()
        opened = listening(lambda process: process == serving.pid)
        serving.send_signal(signal.SIGINT)
        _, told = serving.communicate(timeout=60)

    assert serving.returncode == 130
    assert "Stopped." in told
    assert int(address.rpartition(":")[2]) in opened
    assert set(opened.values()) <= LOOPBACK
