"""Without any network the demo ends as its generator says, and leaves no process behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dataops_platform.demo.shop import Sample, make_sample
from dataops_platform_tests.demo.reread import health_scores, rows

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
# In a network namespace of its own even loopback is down at first; SIOCGIFFLAGS and SIOCSIFFLAGS bring it up.
ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    flags, = struct.unpack_from("H", fcntl.ioctl(control, 0x8913, struct.pack("16sH14x", b"lo", 0)), 16)
    fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))
    try:
        control.connect(("192.0.2.1", 9))
        sys.exit("this namespace reaches a network")
    except OSError:
        pass
with open(sys.argv[1], "w") as note:
    note.write(os.readlink("/proc/self/ns/net"))
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class Demo:
    """What `dataops demo --json` did in a namespace without a network."""

    result: subprocess.CompletedProcess[str]
    namespace: str

    @property
    def found(self) -> dict[str, Any]:
        assert self.result.returncode == 0, self.result.stderr
        return dict(json.loads(self.result.stdout))


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("offline")
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine does not permit a network namespace: unshare -rn")
    note = folder / "namespace"
    command = [
        sys.executable,
        "-m",
        "dataops_platform.cli",
        "demo",
        "--json",
        "--folder",
        str(folder / "demo"),
    ]
    result = subprocess.run(
        [unshare, "-rn", sys.executable, "-c", ALONE, str(note), *command],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Demo(result, note.read_text() if note.exists() else result.stderr)


@pytest.mark.parametrize("table", ["customers", "products", "support_tickets", "transactions", "web_events"])
def test_a_table_holds_what_the_generator_counted(demo, sample, table):
    expected = sample.expected(table)

    assert demo.found["tables"][table] == {
        "landed": expected.files,
        "bronze": expected.bronze_rows,
        "silver": expected.silver_rows,
        "quarantined": expected.quarantine_rows,
        "reasons": dict(expected.quarantined_by_check),
    }


def test_no_other_table_is_told_of(demo, sample):
    assert sorted(demo.found["tables"]) == list(sample.tables)


def test_exactly_the_spoilt_partitions_are_refused(demo, sample):
    refused = [(found["table"], found["ingestion_date"]) for found in demo.found["refused"]]

    assert sorted(refused) == sorted(
        (table, day.isoformat()) for table in sample.tables for day in sample.expected(table).refused_dates
    )


def test_gold_scores_its_customers_as_a_second_reading_of_the_files_does(demo, sample):
    gold = demo.found["gold"]
    expected = health_scores(rows(sample), date.fromisoformat(gold["as_of"]))

    assert Counter({int(score): count for score, count in gold["scores"].items()}) == expected
    assert gold["customers"] == expected.total() == sample.expected("customers").silver_rows


def test_gold_has_a_snapshot_for_each_date_on_which_anything_was_published(demo, sample):
    published = {row.day for row in rows(sample) if not row.reasons}

    assert demo.found["gold"]["snapshots"] == len(published)
    assert demo.found["gold"]["as_of"] == max(published).isoformat()


def test_nothing_is_said_beside_the_result(demo):
    assert demo.found
    assert demo.result.stderr == ""


def test_no_process_it_started_is_left(demo):
    assert demo.found
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "ns" / "net").readlink().name == demo.namespace:
                left.append((process / "cmdline").read_bytes())
        except OSError:  # ended since, or not ours to look at
            continue

    assert not left
