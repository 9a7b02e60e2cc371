"""This file holds the soak: a load that is killed again and again at random moments, and what must be there at its end.

`python -m dataops_platform_tests.soak` kills 200 times during a load of 5,000 files; `--seed` repeats a run.
"""

from __future__ import annotations

import argparse
import logging
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import SmallPlatform, day
from dataops_platform_tests.reliability.after_a_fault import assert_whole
from dataops_platform_tests.reliability.crashing import started

TABLE = "transactions"
_HEADER = "customer_id,transaction_id,transaction_date,amount\n"
_DATES = 20


@dataclass(frozen=True)
class Soak:
    """How much is loaded, and how often that is cut off.

    Attributes:
        longest: seconds of work after which a process is killed at the latest; chance decides when before.
    """

    files: int
    kills: int
    seed: int
    longest: float = 3.0

    def text(self, number: int) -> str:
        """A file of two payments, one of which is no payment."""
        return f"{_HEADER}c1,t{number},2026-01-01,{number}.25\nc1,x{number},2026-01-01,none\n"

    def run(self, platform: SmallPlatform) -> int:
        """All files land, in portions; a sync of each portion is killed. How many were fast enough to end before."""
        chance = random.Random(self.seed)  # noqa: S311  # the same moments each time
        ended = killed = landed = 0
        while killed < self.kills:
            until = self.files * (killed + 1) // self.kills
            for number in range(landed, until):
                platform.land(TABLE, day(number % _DATES + 1), self.text(number), name=f"{number}.csv")
            landed = until
            process = started(platform.folder, TABLE)
            process.join(timeout=chance.uniform(0, self.longest))
            process.kill()
            process.join()
            killed += process.exitcode == -signal.SIGKILL
            ended += process.exitcode == 0
        return ended

    def assert_all_is_there(self, platform: SmallPlatform) -> None:
        """After one sync that nobody kills, each file's rows are where they belong, and nothing is there twice."""
        assert platform.sync().problems == []
        numbers = range(self.files)
        assert platform.column(f"silver/{TABLE}", "transaction_id") == sorted(f"t{n}" for n in numbers)
        assert platform.column(f"quarantine/{TABLE}", "transaction_id") == sorted(f"x{n}" for n in numbers)
        assert [str(amount) for amount in platform.column(f"silver/{TABLE}", "amount")] == [
            f"{n}.25" for n in numbers
        ]
        files = [(f"{TABLE}/dt={day(n % _DATES + 1)}/{n}.csv", self.text(n).encode()) for n in numbers]
        assert_whole(platform, files)


@contextmanager
def _platform(folder: Path) -> Iterator[SmallPlatform]:
    tables = [table for table in load_tables() if table.name == TABLE]
    engine = EmbeddedEngine()
    with dg.DagsterInstance.ephemeral() as instance:
        yield SmallPlatform(folder, engine, tables, instance)
    engine.stop()


def main() -> None:
    """Run the soak and say what it did."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    soak, began = Soak(asked.files, asked.kills, asked.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, _platform(Path(folder)) as platform:
        ended = soak.run(platform)
        soak.assert_all_is_there(platform)
    logging.getLogger(__name__).info(
        "%d files, %d kills (seed %d), %d syncs ended before theirs: every row is where it belongs, once. %.0f s",
        *(soak.files, soak.kills, soak.seed, ended, time.monotonic() - began),
    )


if __name__ == "__main__":
    main()
