"""However files land and whoever looks, each accepted version is in the raw zone once, under its own date."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dataops_platform.core.landed_object import PART, StoredObject, landed
from dataops_platform.landing.ingest import Ingest
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.object_store import S3Store
from dataops_platform_tests.reliability.after_a_fault import assert_raw_zone_holds
from dataops_platform_tests.reliability.landing_area import DAY, LandingArea

pytestmark = pytest.mark.integration

KEY = f"customers/dt={DAY}/a.csv"


def test_the_same_name_with_the_same_bytes_twice_is_one_version_or_two_that_are_both_kept(area):
    area.land(KEY, b"id\n1\n")
    area.ingest()
    area.land(KEY, b"id\n1\n", is_accepted=False)

    done = area.ingest()

    # Landed within one second it is the same version to every store; later it is one more.
    area.accepted += [area.accepted[0]] * len(done.copied)
    area.assert_whole()


def test_an_overwritten_key_is_one_more_version(area):
    for number in range(3):
        area.land(KEY, b"id\n%d\n" % number)
        area.ingest()

    area.assert_whole()


def test_a_renamed_file_is_another_file(area):
    area.land(KEY, b"id\n1\n")
    area.ingest()
    area.delete(KEY)
    area.land(f"customers/dt={DAY}/b.csv", b"id\n1\n")

    area.ingest()

    area.assert_whole()


def test_names_that_differ_in_case_only_are_two_files(area):
    area.land(f"customers/dt={DAY}/a.csv", b"id\n1\n")
    area.land(f"customers/dt={DAY}/A.csv", b"id\n1\n")

    area.ingest()

    area.assert_whole()


def test_two_ingesters_at_once_make_one_raw_zone(area):
    for number in range(30):
        area.land(f"customers/dt={DAY}/{number}.csv", b"id\n%d\n" % number)

    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(lambda _: area.step().run(frozenset()), range(3)))

    assert [each.failed for each in done] == [{}, {}, {}]
    area.assert_whole()


class Meanwhile(S3Store):
    """A landing area in which something happens right after an object was opened, or right before."""

    def __init__(self, area: LandingArea, before=lambda: None, after=lambda: None):
        super().__init__(area.landing.name, area.landing.prefix.rstrip("/"), area.client)
        self.before, self.after = before, after

    def open(self, stored):
        self.before()
        found = super().open(stored)
        self.after()
        return found


LARGE = 2 * PART + 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_object_overwritten_while_it_is_read_is_told_and_the_next_pass_takes_what_is_there(area, moment):
    area.land(KEY, b"1" * LARGE, is_accepted=False)

    done = area.ingest(landing=Meanwhile(area, **{moment: lambda: area.land(KEY, b"2" * LARGE)}))

    assert (done.copied, done.changed) == ([], [KEY])
    assert area.present().keys == frozenset()
    area.ingest()
    area.assert_whole()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_object_deleted_while_it_is_read_is_told_and_leaves_nothing(area, moment):
    area.land(KEY, b"1" * LARGE, is_accepted=False)

    done = area.ingest(landing=Meanwhile(area, **{moment: lambda: area.delete(KEY)}))

    assert (done.copied, done.changed) == ([], [KEY])
    assert area.present().keys == frozenset()
    area.assert_whole()


def test_an_object_of_no_bytes_is_a_version_like_any_other(area):
    area.land(KEY, b"")

    area.ingest()

    area.assert_whole()


def test_folder_markers_are_no_files(moto_area):
    for key in ("customers/", f"customers/dt={DAY}/"):
        moto_area.land(key, b"", is_accepted=False)
    moto_area.land(KEY, b"id\n1\n")

    done = moto_area.ingest()

    assert done.foreign == []
    moto_area.assert_whole()


ODD = [
    "a b",
    "a+b",
    "100%",
    "%41",
    "ü",
    "日本",
    "a#b",
    "a?b",
    "a&b=c",
    ".a",
    "_a",
    "a'b\"c",
    "a:b*|<>",
    "~a^`{}[]",
    "🦉",
    "caf\u00e9",  # one code point for the last letter,
    "cafe\u0301",  # and two: they look the same and are two files
]


def test_odd_keys_are_files_like_any_other(area):
    for name in ODD:
        area.land(f"customers/dt={DAY}/{name}.csv", name.encode())

    area.ingest()

    area.assert_whole()


def test_very_long_keys_and_empty_segments_are_files_like_any_other(moto_area):
    longest = "x" * (1024 - len(f"customers/dt={DAY}/.csv"))
    for name in (longest, "x" * 200 + "/" + "y" * 600, "a//b", "a\\b", "./a", "a/../b", "a\tb"):
        moto_area.land(f"customers/dt={DAY}/{name}.csv", name.encode())

    moto_area.ingest()

    moto_area.assert_whole()


def test_thousands_of_keys_at_once_are_all_taken(tmp_path):
    folder = tmp_path / "landing" / "customers" / f"dt={DAY}"
    folder.mkdir(parents=True)
    accepted = [(f"customers/dt={DAY}/{number}.csv", b"%d" % number) for number in range(1_200)]
    for key, body in accepted:
        (tmp_path / "landing" / key).write_bytes(body)
    stores = FolderStore(tmp_path / "landing"), FolderStore(tmp_path / "lake")
    (tmp_path / "lake").mkdir()
    step = Ingest(*stores, frozenset({"customers"}), lambda _day: True)

    done = step.run(frozenset())

    assert len(done.copied) == 1_200
    assert_raw_zone_holds(stores[1], accepted)
    assert step.run(RawZone(stores[1]).listing().keys).known == 1_200


def test_a_listing_of_several_pages_loses_nothing_between_them(weed_area):
    small = weed_area.landing
    for number in range(25):
        weed_area.land(f"customers/dt={DAY}/{number}.csv", b"%d" % number)
    whole = [found.key for found in small.objects()]
    paged = [next(small.objects(after=key), None) for key in ["", *whole]]

    assert [found.key for found in paged if found] == whole


def test_keys_of_one_second_that_are_seen_by_different_passes_are_all_taken(area):
    for number in range(4):
        area.land(f"customers/dt={DAY}/{number}.csv", b"%d" % number)
        area.ingest()  # well within the same second

    area.assert_whole()


MIDNIGHT = datetime(2026, 1, 3, tzinfo=UTC)
#: Summer time of Berlin began in this night, and ended in the other.
SPRING, AUTUMN = datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin"])
@pytest.mark.parametrize("moment", [MIDNIGHT - timedelta(seconds=1), MIDNIGHT, SPRING, AUTUMN], ids=str)
def test_name_and_date_are_the_same_whatever_zone_the_ingester_lives_in(zone, moment, monkeypatch):
    there = moment.astimezone(timezone(timedelta(hours=9)))
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = landed("landing", StoredObject("customers/a.csv", 1, "e", there), frozenset({"customers"}))
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()

    assert found is not None
    assert found.ingestion_date == moment.date()
    assert f"/{moment:%Y%m%dT%H%M%SZ}." in found.raw_key


@pytest.mark.parametrize("days", [-400, 400])
def test_an_ingester_whose_clock_is_wrong_delays_a_file_or_takes_it_and_never_renames_it(weed_area, days):
    weed_area.land("customers/a.csv", b"id\n1\n")
    [stored] = weed_area.landing.objects()
    today = stored.landed_at.date() + timedelta(days=days)
    wrong = replace(weed_area.step(), is_partition=lambda day: day <= today)

    done = wrong.run(frozenset())

    assert (len(done.copied), done.outside) == ((0, ["customers/a.csv"]) if days < 0 else (1, []))
    weed_area.ingest()
    [raw] = [raw for found in weed_area.present().objects.values() for raw in found]
    assert raw.ingestion_date == stored.landed_at.date()
    weed_area.assert_whole()


def test_a_name_that_is_no_text_belongs_to_no_table():
    name = os.fsdecode(b"caf\xe9.csv")
    stored = StoredObject(f"customers/dt={DAY}/{name}", 1, "e", MIDNIGHT)

    assert landed("landing", stored, frozenset({"customers"})) is None
