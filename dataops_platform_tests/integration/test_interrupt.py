"""Ctrl-C in the middle of a sync: a sentence, nothing left behind, and the next sync ends as if nothing had been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from dataops_platform_tests.delta_rows import delta_rows

pytestmark = pytest.mark.integration

ROWS = 300_000


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Two tables of one date, large enough to be caught in the middle."""
    numbers = pa.array(range(ROWS)).cast(pa.string())
    dates = pa.repeat("2026-01-01", ROWS)
    events = {"event_id": numbers, "customer_id": numbers, "event_type": dates, "event_date": dates}
    paid = {
        "customer_id": numbers,
        "transaction_id": numbers,
        "transaction_date": dates,
        "amount": numbers,
        "payment_type": dates,
        "product_id": dates,
    }
    for name, columns in {"web_events": events, "transactions": paid}.items():
        folder = tmp_path / "landing" / name / "dt=2026-01-01"
        folder.mkdir(parents=True)
        pq.write_table(pa.table(columns), folder / "rows.parquet")
    return tmp_path


def sync(folder: Path) -> subprocess.Popen[str]:
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "dataops_platform.cli", "sync"],
        env={
            **os.environ,
            "DATAOPS_LANDING_URL": str(folder / "landing"),
            "DATAOPS_LAKE_URL": str(folder / "lake"),
            "DATAOPS_FIRST_DATE": "2026-01-01",
            "TMPDIR": str(folder / "tmp"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("layer", ["bronze", "silver", "gold"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_an_interrupted_sync_says_so_and_the_next_one_ends_it(landing, layer, how):
    interrupted = sync(landing)
    assert interrupted.stdout is not None
    for line in interrupted.stdout:
        if line.strip().startswith(layer):
            interrupted.send_signal(how)
            break
    _, told = interrupted.communicate()

    assert interrupted.returncode == 130, told
    assert told.strip().splitlines()[-1].startswith("Stopped. Nothing is half-done")
    assert "Traceback" not in told
    assert list((landing / "tmp").iterdir()) == []

    output, told = sync(landing).communicate()

    assert "Traceback" not in told
    for name in ("web_events", "transactions"):
        silver = delta_rows(DeltaTable(str(landing / "lake" / "silver" / name)), "_position")
        assert sorted(row["_position"] for row in silver) == list(range(1, ROWS + 1)), output
