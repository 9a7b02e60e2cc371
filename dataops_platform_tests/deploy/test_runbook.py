"""The runbook, rehearsed: its blocks are run as they are written, and the lake is afterwards what it was before."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import DeltaTable

from dataops_platform_tests.delta_rows import delta_rows
from dataops_platform_tests.deploy.production import REPOSITORY, Production

RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
HEADER = "customer_id,name,email,signup_region,signup_date,city\n"
SOUND = HEADER + "c1,Ada,ada@x.org,north,2026-01-01,Rome\nc2,Bob,bob@x.org,south,2026-01-02,Oslo\n"
LATER = HEADER + "c3,Cyd,cyd@x.org,north,2026-01-03,Rome\n"
GOOD = 'pa.Column(str, nullable=True, description="Region'
BAD = 'pa.Column(str, pa.Check.isin(("west",)), nullable=True, description="Region'
TABLES = ("silver/customers", "quarantine/customers", "gold/customer_360")
LEFT_OUT = re.compile(r"# needs (Docker|a cloud account|the project's history)\n")


def blocks(heading: str) -> list[str]:
    """The commands below a heading that need nothing which is not here."""
    section = RUNBOOK.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found: list[str] = re.findall(r"^```bash\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [block for block in found if not LEFT_OUT.match(block)]


@dataclass(frozen=True)
class Shell:
    """A shell in a copy of the checkout, with the variables of production and a lake of its own."""

    folder: Path
    variables: dict[str, str]

    def run(self, *commands: str, **variables: str) -> str:
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],  # noqa: S607  # who operates has bash on PATH
            cwd=self.folder,
            env=self.variables | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def land(self, day: str, text: str) -> None:
        path = self.folder / "landing" / "customers" / f"dt={day}" / "customers.csv"
        path.parent.mkdir(parents=True)
        path.write_text(text)

    def published(self, lake: str = "lake") -> dict[str, list[tuple[str, str]]]:
        """What readers see of each table: ingestion dates and customers."""
        return {
            table: sorted(
                (str(row["ingestion_date"]), row["customer_id"])
                for row in delta_rows(DeltaTable(self.folder / lake / table), "customer_id", "ingestion_date")
            )
            for table in TABLES
        }


def shell_in(folder: Path, running: Production) -> Shell:
    here = {"PYTHONPATH": str(folder), "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    here |= {"DATAOPS_LANDING_URL": "landing", "DATAOPS_LAKE_URL": "lake"}
    return Shell(folder, dict(running.variables) | running.postgres.client() | here)


@pytest.fixture(scope="module")
def loaded(running: Production, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which a file has landed and reached gold."""
    made = shell_in(tmp_path_factory.mktemp("loaded"), running)
    package = made.folder / "dataops_platform"
    shutil.copytree(REPOSITORY / "dataops_platform", package, ignore=shutil.ignore_patterns("__pycache__"))
    (made.folder / ".venv").symlink_to(sys.prefix)
    made.land("2026-06-01", SOUND)
    made.run(".venv/bin/dataops sync")
    return made.folder


@pytest.fixture
def shell(running: Production, loaded: Path, tmp_path: Path) -> Shell:
    shutil.copytree(loaded, tmp_path / "checkout", symlinks=True)
    return shell_in(tmp_path / "checkout", running)


@pytest.mark.integration
@pytest.mark.slow
def test_lake_and_metadata_are_backed_up_and_restored(shell):
    before = shell.published()
    shell.run(*blocks("Start, stop, upgrade"), *blocks("Back up"))
    shutil.rmtree(shell.folder / "lake" / "silver")
    shell.land("2026-06-02", LATER)

    printed = shell.run(*blocks("Restore"))

    shell.run("dropdb restored")
    assert int(re.findall(r"^\s+(\d+)$", printed, re.MULTILINE)[0]) > 0  # runs
    assert "1 new files, 1 known before." in printed
    after = shell.published()
    assert [row for row in after["silver/customers"] if row[0] == "2026-06-01"] == before["silver/customers"]
    assert ("2026-06-02", "c3") in after["gold/customer_360"]


@pytest.mark.integration
@pytest.mark.slow
def test_everything_is_computed_again_from_the_raw_zone_alone(shell):
    shutil.rmtree(shell.folder / "landing")
    (shell.folder / "landing").mkdir()

    shell.run(*blocks("Replay everything from the raw zone"))

    assert shell.published("rebuilt") == shell.published()


@pytest.mark.integration
@pytest.mark.slow
def test_a_bad_contract_is_rolled_back(shell):
    before, moment = shell.published(), datetime.now(UTC).isoformat()
    contract = shell.folder / "dataops_platform" / "tables" / "customers.py"
    good = contract.read_text()
    assert GOOD in good
    contract.write_text(good.replace(GOOD, BAD))
    shell.run(".venv/bin/dataops quarantine replay customers")
    assert shell.published()["silver/customers"] == []

    at_once, again = blocks("Roll back a bad contract")
    shell.run(at_once, BEFORE=moment)
    assert shell.published() == before

    contract.write_text(good)
    shell.land("2026-06-02", LATER)
    shell.run(again)
    after = shell.published()
    assert [row for row in after["silver/customers"] if row[0] == "2026-06-01"] == before["silver/customers"]
    assert ("2026-06-02", "c3") in after["gold/customer_360"]
    assert after["quarantine/customers"] == []


def test_every_command_that_is_not_rehearsed_says_what_it_needs():
    everything = re.findall(r"^```bash\n(.*?)^```$", RUNBOOK, re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)
    rehearsed = [block for heading in headings for block in blocks(heading)]

    left_out = [block for block in everything if block not in rehearsed]
    assert all(LEFT_OUT.match(block) for block in left_out)
    assert {heading for heading in headings if blocks(heading)} == {
        "Start, stop, upgrade",
        "Back up",
        "Restore",
        "Replay everything from the raw zone",
        "Roll back a bad contract",
    }  # those that a test above runs
