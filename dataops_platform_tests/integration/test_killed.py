"""A sync that is killed, again and again and wherever it happens to be: what it left is taken up, and ends the same."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataops_platform_tests.layers.small_platform import FIRST_DATE, SmallPlatform, day

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PAYMENTS = "customer_id,transaction_id,transaction_date,amount\n"
DATES = range(2, 16)
ROWS = 200
KILLS = 3


@pytest.fixture
def clean(platform_of, shipped_tables) -> SmallPlatform:
    """Everything that landed, brought to gold by one sync that nobody disturbed."""
    small: SmallPlatform = platform_of(shipped_tables, "clean")
    for number in DATES:
        names = "".join(f"c{row},name {row} of {number},{'SP' if row % 2 else 'RJ'}\n" for row in range(ROWS))
        small.land("customers", day(number), f"customer_id,name,signup_region\n{names}")
        paid = "".join(
            f"c{row},t{number}-{row},2026-01-01,{row if row % 50 else 'x'}\n" for row in range(ROWS)
        )
        small.land("transactions", day(number), PAYMENTS + paid)
    small.land("transactions", day(9), PAYMENTS + "c1,twice,2026-01-01,1\n" * 50, name="b.csv")
    assert small.sync().problems == []
    return small


def sync(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dataops_platform.cli", "sync"],
        env={
            **os.environ,
            "DATAOPS_LANDING_URL": str(folder / "landing"),
            "DATAOPS_LAKE_URL": str(folder / "lake"),
            "DATAOPS_FIRST_DATE": FIRST_DATE.isoformat(),
            "TMPDIR": str(folder),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_somewhere(folder: Path, chance: random.Random) -> str:
    """Kills a sync some moments after it has begun one of its steps; the line in which it told of that step."""
    process, wanted, told = sync(folder), chance.randint(1, 4), ""
    assert process.stdout is not None
    for line in process.stdout:
        told, wanted = line.strip(), wanted - 1
        if not wanted:
            time.sleep(chance.uniform(0.0, 0.4))
            break
    process.kill()
    process.communicate()
    return told


@pytest.mark.parametrize("seed", [int(os.environ.get("SEED", "1"))])
def test_a_sync_killed_again_and_again_ends_in_the_tables_of_one_that_was_not(clean, platform_of, seed):
    killed = platform_of(clean.tables, "killed")
    shutil.copytree(clean.folder / "landing", killed.folder / "landing", dirs_exist_ok=True)
    chance = random.Random(seed)  # noqa: S311  # the same moments each time, as far as the machine lets them
    places = [kill_somewhere(killed.folder, chance) for _ in range(KILLS)]

    last = sync(killed.folder)
    output, errors = last.communicate()

    assert (last.returncode, errors) == (0, ""), (places, output)
    assert killed.published() == clean.published(), places
    assert any("/" in place for place in places), f"no sync was killed in the middle of a step: {places}"
    before = {path: path.stat().st_mtime_ns for path in (killed.folder / "lake").rglob("*")}
    assert not killed.sync().due
    assert {path: path.stat().st_mtime_ns for path in (killed.folder / "lake").rglob("*")} == before
