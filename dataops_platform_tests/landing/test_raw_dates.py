"""The raw zone by dates: what was asked for is listed once, and many dates are one listing of everything."""

from datetime import date, timedelta

import pytest

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.landing.raw_dates import RawDates
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.resources.folder_store import FolderStore

DAYS = [date(2026, 1, 1) + timedelta(number) for number in range(50)]


def raw_key(day):
    name = f"{day:%Y%m%d}T120000Z.customers.0123456789ab01234567_a.csv"
    return f"bronze/source=landing/ingestion_date={day:%Y/%m/%d}/{name}"


class Told(FolderStore):
    """A folder that keeps how often it was listed."""

    listed = 0

    def objects(self, prefix="", *, after=""):
        self.listed += 1
        return super().objects(prefix, after=after)


@pytest.fixture
def store(tmp_path):
    store = Told(tmp_path)
    for day in DAYS:
        store.create(raw_key(day), b"x")
        store.create(raw_key(day) + METADATA_SUFFIX, b"{}")
    return store


def test_only_the_dates_asked_for_are_there_and_each_is_listed_once(store):
    present = RawDates(RawZone(store))

    for _ in range(3):
        present.look_at({DAYS[0], DAYS[1]})
        present.look_at({DAYS[1], DAYS[2]})

    assert present.listing.dates("customers") == DAYS[:3]
    assert (present.days, store.listed) == (set(DAYS[:3]), 3)


def test_many_dates_at_once_cost_a_listing_for_each_of_their_months(store):
    present = RawDates(RawZone(store))

    present.look_at(set(DAYS[:40]))

    assert present.listing.dates("customers") == DAYS[:40]
    assert store.listed == 2


def test_a_few_objects_are_asked_for_alone_and_make_no_date_known(store):
    present = RawDates(RawZone(store))
    there, missing = raw_key(DAYS[0]), raw_key(date(2026, 3, 1))

    present.look_for([there, missing])

    assert present.known == {there, there + METADATA_SUFFIX}
    assert (present.keys, present.listing.dates("customers"), store.listed) == (set(), [], 2)


def test_everything_is_listed_once(store):
    present = RawDates(RawZone(store))

    present.look_at_everything()
    present.look_at(set(DAYS))

    assert present.listing.dates("customers") == DAYS
    assert store.listed == 1


def test_what_was_copied_is_there_with_its_companion(store):
    present = RawDates(RawZone(store))
    new = raw_key(date(2026, 3, 1))

    present.add([new])

    assert present.listing.dates("customers") == [date(2026, 3, 1)]
    assert present.keys == {new, new + METADATA_SUFFIX}
