"""What a reviewer is told of a change: which assets, checks and contracts it adds, removes or rewires."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dataops_platform.commands.snapshot import snapshot

pytestmark = [pytest.mark.integration, pytest.mark.slow]
GIT = shutil.which("git") or "git"
PROJECT = Path(__file__).parents[2]
INVOICES = '''"""Invoices."""
import pandera.pandas as pa
from pyspark.sql import DataFrame
from dataops_platform.core.contract import TableContract
contract = TableContract(
    name="invoices", description="Invoices.", owner="team:finance", key=("invoice_id",),
    columns={"invoice_id": pa.Column(str, nullable=False, description="Its number.")},
)
def cleanse(rows: DataFrame) -> DataFrame:
    return rows
'''


def git(folder: Path, *words: str) -> None:
    author = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run([GIT, *author, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def change(tmp_path_factory) -> Path:
    """A repository with the project's own code, and a commit that adds a table and takes a schedule away."""
    folder: Path = tmp_path_factory.mktemp("review") / "project"
    listed = subprocess.run(
        [GIT, "ls-files", "-z", "dataops_platform", "deploy", "docs/contracts"],
        cwd=PROJECT,
        check=False,
        capture_output=True,
    )
    if listed.returncode:
        pytest.skip("this is no clone of the repository: a change of it cannot be made")
    for name in filter(None, listed.stdout.decode().split("\0")):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((PROJECT / name).read_bytes())
        file.chmod((PROJECT / name).stat().st_mode)
    git(folder, "init", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--message=before")
    git(folder, "checkout", "-b", "change")
    (folder / "dataops_platform" / "tables" / "invoices.py").write_text(INVOICES)
    definitions = folder / "dataops_platform" / "definitions.py"
    text = definitions.read_text()
    [line] = [line for line in text.splitlines() if "upkeep_definitions(" in line]
    definitions.write_text(text.replace(f"{line}\n", ""))
    git(folder, "add", ".")
    git(folder, "commit", "--message=after")
    return folder


def test_a_reviewer_sees_what_comes_and_what_goes(change):
    told = subprocess.run(
        [change / "deploy" / "review.sh", "main"],
        env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert "+asset silver/invoices check partition_is_accepted, gates what follows" in lines
    assert "+asset silver/invoices from bronze/invoices" in lines
    assert "-schedule nightly_maintenance at 30 3 * * *" in lines
    assert not [
        line for line in lines if line.startswith(("+asset silver/customers", "-asset silver/customers"))
    ]
    assert "invoices" in told.stdout.partition("### Assets")[0]
    assert (change / "build" / "review.md").read_text() == told.stdout


def test_a_snapshot_is_the_same_whatever_the_environment_is(monkeypatch):
    before = snapshot()

    monkeypatch.setenv("DATAOPS_SENSORS", "on")
    monkeypatch.setenv("DATAOPS_FIRST_DATE", "2026-01-01")
    monkeypatch.setenv("DATAOPS_GLUE", "on")

    assert snapshot() == before
    assert "asset gold/customer_360 from silver/customers" in before.splitlines()
