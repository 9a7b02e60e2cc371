"""Ingest: every landed version is in the raw zone exactly once, whatever is repeated, overwritten or cut off."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.landing.ingest import Ingest
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.resources.folder_store import FolderStore

DAY = date(2026, 1, 2)
KEY = f"customers/dt={DAY}/a.csv"
NOON = int(datetime(2026, 1, 2, 12, tzinfo=UTC).timestamp())
SECONDS = count()


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return tmp_path / "landing"


@pytest.fixture
def lake(landing: Path) -> Path:
    return landing.parent / "lake"


def land(landing: Path, text: str, key: str = KEY) -> None:
    path = landing / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    # Stores tell the time of landing to the second; each file here lands in a second of its own.
    landed_at = NOON + next(SECONDS)
    os.utime(path, (landed_at, landed_at))


def step(folder: Path, **changes) -> Ingest:
    told = {
        "landing": FolderStore(folder),
        "lake_store": FolderStore(folder.parent / "lake"),
        "tables": frozenset({"customers"}),
        "is_partition": lambda day: date(2026, 1, 1) <= day <= date(2026, 1, 31),
    }
    return Ingest(**{**told, **changes})


def ingest(folder: Path, **changes):
    present = RawZone(FolderStore(folder.parent / "lake")).listing().keys
    return step(folder, **changes).run(present)


def raw_objects(lake: Path) -> dict[str, bytes]:
    """Every file of the raw zone, its bytes by its path."""
    files = (path for path in lake.rglob("*") if path.is_file())
    return {path.relative_to(lake).as_posix(): path.read_bytes() for path in files}


def bodies(lake: Path) -> list[bytes]:
    return sorted(body for key, body in raw_objects(lake).items() if not key.endswith(METADATA_SUFFIX))


def test_a_landed_file_is_copied_byte_for_byte_with_a_companion_that_says_where_it_came_from(landing, lake):
    land(landing, "id\n1\r\n")

    done = ingest(landing)

    [copied] = done.copied
    found = raw_objects(lake)
    told = json.loads(found[copied.raw_key + METADATA_SUFFIX])
    assert set(found) == {copied.raw_key, copied.raw_key + METADATA_SUFFIX}
    assert found[copied.raw_key] == b"id\n1\r\n"
    assert told["source_bucket"] == "landing"
    assert told["source_key"] == KEY
    assert told["ingestion_date"] == "2026-01-02"
    assert told["file_size_bytes"] == 6
    assert told["sha256"] == hashlib.sha256(b"id\n1\r\n").hexdigest()
    assert told["table"] == "customers"
    assert {"ingestion_timestamp", "aws_region", "etag", "version_id"} <= set(told)


def test_ingesting_twice_is_ingesting_once(landing, lake):
    land(landing, "id\n1\n")
    ingest(landing)
    before = raw_objects(lake)

    again = ingest(landing)

    assert (again.copied, again.known) == ([], 1)
    assert raw_objects(lake) == before


def test_two_ingesters_that_see_the_same_files_at_once_make_the_same_raw_zone(landing, lake):
    for number in range(20):
        land(landing, f"id\n{number}\n", f"customers/dt={DAY}/{number}.csv")

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: step(landing).run(frozenset()), range(2)))

    assert all(not each.changed for each in done)
    assert len(raw_objects(lake)) == 40
    assert bodies(lake) == sorted(f"id\n{number}\n".encode() for number in range(20))


def test_an_overwritten_key_keeps_both_versions(landing, lake):
    land(landing, "id\n1\n")
    ingest(landing)
    land(landing, "id\n1\n2\n")

    done = ingest(landing)

    assert (len(done.copied), done.known) == (1, 0)
    assert bodies(lake) == [b"id\n1\n", b"id\n1\n2\n"]


def test_a_crash_between_object_and_companion_is_finished_by_the_next_pass(landing, lake):
    land(landing, "id\n1\n")
    [copied] = ingest(landing).copied
    whole = raw_objects(lake)
    (lake / (copied.raw_key + METADATA_SUFFIX)).unlink()

    assert RawZone(FolderStore(lake)).listing().objects == {}

    done = ingest(landing)

    assert len(done.copied) == 1
    assert raw_objects(lake) == whole


class Deleting(FolderStore):
    """A folder whose files are gone or overwritten by the time they are read."""

    def open(self, stored):
        path = self.root / stored.key
        if path.name == "gone.csv":
            path.unlink()
        if path.name == "new.csv":
            path.write_text("id\n1\n2\n3\n")
        return super().open(stored)


def test_an_object_that_is_gone_or_changed_between_list_and_copy_is_told_and_not_lost(landing, lake):
    for name in ("gone.csv", "new.csv", "sound.csv"):
        land(landing, "id\n1\n", f"customers/dt={DAY}/{name}")

    done = ingest(landing, landing=Deleting(landing))

    assert sorted(done.changed) == [f"customers/dt={DAY}/gone.csv", f"customers/dt={DAY}/new.csv"]
    assert bodies(lake) == [b"id\n1\n"]

    ingest(landing)

    assert bodies(lake) == [b"id\n1\n", b"id\n1\n2\n3\n"]


def test_what_belongs_to_no_table_or_no_partition_is_told_and_left_where_it_is(landing, lake):
    for key in ("notes.txt", "unknown/a.csv", f"customers/dt={DAY}/a.xlsx"):
        land(landing, "x", key)
    for key in ("customers/dt=2025-12-31/a.csv", "customers/dt=2026-02-01/a.csv"):
        land(landing, "x", key)

    done = ingest(landing)

    assert sorted(done.foreign) == [f"customers/dt={DAY}/a.xlsx", "notes.txt", "unknown/a.csv"]
    assert sorted(done.outside) == ["customers/dt=2025-12-31/a.csv", "customers/dt=2026-02-01/a.csv"]
    assert raw_objects(lake) == {}
    assert len(list(landing.rglob("*.*"))) == 5


def test_a_pass_that_runs_out_of_time_leaves_the_rest_to_the_next(landing, lake):
    land(landing, "id\n1\n")

    cut_off = step(landing).run(frozenset(), is_over=lambda: True)

    assert (cut_off.copied, cut_off.changed, raw_objects(lake)) == ([], [], {})
    assert len(ingest(landing).copied) == 1


def test_progress_ends_at_all_of_all(landing):
    told = []
    for number in range(3):
        land(landing, "x", f"customers/dt={DAY}/{number}.csv")

    step(landing).run(frozenset(), advance=lambda done, of: told.append((done, of)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_listing_of_a_few_dates_holds_what_the_whole_one_holds_of_them(landing, lake):
    for day in ("2026-01-02", "2026-01-03"):
        land(landing, f"id\n{day}\n", f"customers/dt={day}/a.csv")
    ingest(landing)
    zone = RawZone(FolderStore(lake))

    whole, few = zone.listing(), zone.listing([DAY])

    assert whole.dates("customers") == [DAY, date(2026, 1, 3)]
    assert few.dates("customers") == [DAY]
    assert few.fingerprint("customers", DAY) == whole.fingerprint("customers", DAY)


def test_the_fingerprint_of_a_partition_changes_with_its_objects_and_only_then(landing, lake):
    zone = RawZone(FolderStore(lake))
    land(landing, "id\n1\n")
    ingest(landing)
    before = zone.listing().fingerprint("customers", DAY)
    land(landing, "x", "customers/dt=2026-01-03/a.csv")
    ingest(landing)

    assert zone.listing().fingerprint("customers", DAY) == before

    land(landing, "id\n1\n2\n")
    ingest(landing)

    assert zone.listing().fingerprint("customers", DAY) != before
