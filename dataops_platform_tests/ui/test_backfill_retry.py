"""A range backfill in which one date is refused, with a real daemon: the others stand, and a retry runs that date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_platform_tests.ui.backfills import DagsterApi
from dataops_platform_tests.ui.dev_server import Running, dataops_dev, keep_in_raw_zone

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's /proc"),
]

HEADER = "customer_id,transaction_id,transaction_date,amount\n"
REFUSED, *SOUND = DATES = ["2026-06-02", "2026-06-01", "2026-06-03", "2026-06-04"]
JUDGED = {"silver/transactions", "quarantine/transactions"}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with dataops_dev(tmp_path) as started:
        for day in SOUND:
            started.land(f"transactions/dt={day}/a.csv", f"{HEADER}c1,{day},2026-06-01,1.50\n")
        started.land(f"transactions/dt={REFUSED}/a.csv", HEADER + "c1,t1,2026-06-01,1.50\n" * 2)
        keep_in_raw_zone(started)
        yield started


def test_a_retry_of_a_backfill_runs_exactly_the_date_that_was_refused(running):
    dagster = DagsterApi(running.url)
    first = dagster.backfill(["bronze/transactions", *JUDGED], sorted(DATES))

    assert dagster.status(first) in {"COMPLETED_FAILED", "FAILED"}
    assert dagster.materialised("bronze/transactions") == set(DATES)
    assert dagster.materialised("silver/transactions") == set(SOUND)
    whole = dagster.checked("silver/transactions", "partition_is_accepted")
    unique = dagster.checked("silver/transactions", "key_is_unique")
    assert whole == unique == {REFUSED: False} | dict.fromkeys(SOUND, True)
    before = running.rows("silver/transactions", "transaction_id")
    assert [row[0] for row in before] == SOUND

    running.land(f"transactions/dt={REFUSED}/a.csv", f"{HEADER}c1,mended,2026-06-01,1.50\n")
    keep_in_raw_zone(running)
    dagster.backfill(["bronze/transactions"], [REFUSED])
    again = dagster.retry(first)

    assert dagster.status(again) in {"COMPLETED_SUCCESS", "COMPLETED"}
    [(assets, *dates)] = dagster.runs(again)
    assert dates == [REFUSED, REFUSED]
    assert "silver/transactions" in assets
    assert dagster.materialised("silver/transactions") == set(DATES)
    assert dagster.checked("silver/transactions", "partition_is_accepted") == dict.fromkeys(DATES, True)
    assert running.rows("silver/transactions", "transaction_id") == [*before, ("mended",)]
