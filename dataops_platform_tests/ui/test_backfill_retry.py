"""A range backfill in which one date is refused, with a real daemon: the others stand, and a retry runs that date."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataops_platform_tests.ui.backfills import DagsterApi
from dataops_platform_tests.ui.dev_server import Running, keep_in_raw_zone

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's /proc"),
]

HEADER = "event_id,customer_id,event_type,event_date\n"
REFUSED, *SOUND = DATES = ["2026-06-02", "2026-06-01", "2026-06-03", "2026-06-04"]
JUDGED = {"silver/web_events", "quarantine/web_events"}


@pytest.fixture
def landed(running: Running) -> Running:
    """The dates of a table that no other test here touches are in the raw zone."""
    for day in SOUND:
        running.land(f"web_events/dt={day}/a.csv", f"{HEADER}{day},c1,view,2026-06-01\n")
    running.land(f"web_events/dt={REFUSED}/a.csv", HEADER + "e1,c1,view,2026-06-01\n" * 2)
    keep_in_raw_zone(running)
    return running


def test_a_retry_of_a_backfill_runs_exactly_the_date_that_was_refused(landed):
    dagster = DagsterApi(landed.url)
    first = dagster.backfill(["bronze/web_events", *JUDGED], sorted(DATES))

    assert dagster.status(first) in {"COMPLETED_FAILED", "FAILED"}
    assert dagster.materialised("bronze/web_events") == set(DATES)
    assert dagster.materialised("silver/web_events") == set(SOUND)
    whole = dagster.checked("silver/web_events", "partition_is_accepted")
    unique = dagster.checked("silver/web_events", "key_is_unique")
    assert whole == unique == {REFUSED: False} | dict.fromkeys(SOUND, True)
    before = landed.rows("silver/web_events", "event_id")
    assert [row[0] for row in before] == SOUND

    landed.land(f"web_events/dt={REFUSED}/a.csv", f"{HEADER}mended,c1,view,2026-06-01\n")
    keep_in_raw_zone(landed)
    dagster.backfill(["bronze/web_events"], [REFUSED])
    again = dagster.retry(first)

    assert dagster.status(again) in {"COMPLETED_SUCCESS", "COMPLETED"}
    [(assets, *dates)] = dagster.runs(again)
    assert dates == [REFUSED, REFUSED]
    assert "silver/web_events" in assets
    assert dagster.materialised("silver/web_events") == set(DATES)
    assert dagster.checked("silver/web_events", "partition_is_accepted") == dict.fromkeys(DATES, True)
    assert landed.rows("silver/web_events", "event_id") == [*before, ("mended",)]
