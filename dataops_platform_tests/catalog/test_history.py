"""The history and its pictures: what became of each date, as charts and strips show it."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from deltalake import write_deltalake

from dataops_platform.catalog.history import DAYS, Run, history
from dataops_platform.catalog.pictures import strip
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.catalog.found_lake import day

REFUSED = "people of 2026-01-02 was refused."


def kept_in(folder, tables):
    """The folder holds these Delta tables."""
    for name, given in tables.items():
        write_deltalake(f"{folder}/{name}", given)
    return folder


def test_what_was_judged_again_counts_as_it_was_judged_last(tmp_path):
    old, new = datetime(2026, 1, 3, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)

    def entry(number, at, *, accepted, layer="silver"):
        told = {
            "layer": layer,
            "table": "people",
            "ingestion_date": day(number),
            "accepted": accepted,
            "at": at,
        }
        told["run_id"] = f"run of {at.date()}"
        return told | {"rows": 2, "quarantined": 0 if accepted else 2, "message": "" if accepted else REFUSED}

    long_ago = entry(1, old, accepted=True) | {"ingestion_date": day(1) - timedelta(days=DAYS)}
    verdicts = [
        entry(2, new, accepted=True),
        entry(2, old, accepted=False),
        entry(3, old, accepted=False),
        long_ago,
    ]
    metric = {"layer": "silver", "table": "people", "ingestion_date": day(2), "at": new}
    metrics = [
        metric | {"metric": "email_null_pct", "value": 50.0},
        metric | {"metric": "row_count", "value": 2.0},
    ]
    tables = {
        "observability/verdicts": pa.Table.from_pylist(
            [*verdicts, entry(1, new, accepted=True, layer="bronze")]
        ),
        "observability/metrics": pa.Table.from_pylist(metrics),
    }

    found = history(DeltaLake(str(kept_in(tmp_path, tables)), EmbeddedEngine()))

    assert sorted(found) == ["bronze/people", "silver/people"]
    assert [one.status for one in found["silver/people"].outcomes] == ["published", "refused"]
    assert found["silver/people"].last_passed == day(2)
    assert found["silver/people"].percentages == {"email_null_pct": {day(2): 50.0}}
    assert found["bronze/people"].runs == (Run("run of 2026-01-04", 1, 0, new),)
    assert found["silver/people"].runs == (
        Run("run of 2026-01-04", 1, 0, new),
        Run("run of 2026-01-03", 3, 2, old),
    )


def test_a_lake_in_which_nothing_was_judged_has_no_history(tmp_path):
    assert history(DeltaLake(str(tmp_path), EmbeddedEngine())) == {}


def test_a_strip_covers_every_day_once_and_tells_states_apart_without_colour():
    told = {day(2): "published", day(3): "held", day(4): "refused"}
    marks = strip(told, day(5), 5)

    assert {mark.status: mark.lines for mark in marks} == {
        "none": "M0 8h6M32 8h6",
        "published": "M8 8h6",
        "held": "M16 8h6",
        "refused": "M24 8h6",
    }
    assert {mark.status for mark in marks if mark.signs} == {"held", "refused"}
