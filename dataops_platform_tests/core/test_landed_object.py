"""Landed objects: names and dates are decided by the object alone, never by when or where our code ran."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataops_platform.core.landed_object import (
    METADATA_SUFFIX,
    RawObject,
    StoredObject,
    landed,
    latest_versions,
    raw_object,
)

TABLES = frozenset({"customers", "transactions"})
LATE = datetime(2026, 1, 2, 23, 30, tzinfo=UTC)


def stored(key="customers/a.csv", *, etag="v1", size=7, landed_at=LATE):
    return StoredObject(key, size, etag, landed_at)


def raw_key(bucket="landing", **facts):
    found = landed(bucket, stored(**facts), TABLES)
    assert found is not None
    return found.raw_key


def object_named(**facts) -> RawObject:
    """The raw object of a landed one."""
    found = raw_object(raw_key(**facts))
    assert found is not None
    return found


def test_the_raw_name_says_source_date_time_table_and_file():
    assert re.fullmatch(
        r"bronze/source=landing/ingestion_date=2026/01/02/20260102T233000Z\.customers\.[0-9a-f]{20}_a\.csv",
        raw_key(),
    )


def test_the_raw_name_is_the_same_in_every_time_zone():
    elsewhere = LATE.astimezone(timezone(timedelta(hours=9)))

    assert raw_key(landed_at=elsewhere) == raw_key()


@pytest.mark.parametrize(
    "facts",
    [
        {"etag": "v2"},
        {"size": 8},
        {"landed_at": LATE + timedelta(seconds=1)},
        {"key": "customers/b/a.csv"},
        {"bucket": "other"},
    ],
    ids=str,
)
def test_another_version_key_or_bucket_has_another_raw_name(facts):
    assert raw_key(**facts) != raw_key()


@pytest.mark.parametrize(
    ("key", "ingestion_date"),
    [
        ("customers/a.csv", date(2026, 1, 2)),
        ("customers/dt=2018-03-04/a.csv", date(2018, 3, 4)),
        ("customers/eu/dt=2018-03-04/late/a.csv", date(2018, 3, 4)),
        ("customers/dt=20180304/a.csv", date(2026, 1, 2)),
        ("customers/dt=2018-03-04.csv", date(2026, 1, 2)),
    ],
)
def test_the_ingestion_date_is_the_one_the_key_states_else_the_utc_date_of_landing(key, ingestion_date):
    in_tokyo = LATE.astimezone(timezone(timedelta(hours=9)))  # the 3rd over there

    found = landed("landing", stored(key, landed_at=in_tokyo), TABLES)

    assert found is not None
    assert found.ingestion_date == ingestion_date


@pytest.mark.parametrize(
    "key",
    [
        "customers.csv",
        "customers/",
        "customers/a.txt",
        "customers/a.csv.bz2",
        "customers/.csv/",
        "unknown/a.csv",
        "Customers/a.csv",
        "/customers/a.csv",
        "customers/dt=2026-02-31/a.csv",
    ],
)
def test_a_key_that_names_no_table_no_file_of_a_known_format_or_no_day_belongs_to_no_table(key):
    assert landed("landing", stored(key), TABLES) is None


@pytest.mark.parametrize("ending", ["csv", "CSV", "json", "jsonl", "ndjson", "parquet", "csv.gz", "json.zst"])
def test_every_announced_format_is_taken(ending):
    found = landed("landing", stored(f"customers/a.{ending}"), TABLES)

    assert found is not None
    assert found.table == "customers"


FOLDERS = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=150)


@given(folder=FOLDERS, file=FOLDERS)
@example(folder="..", file="a b;$(x)\n")
@example(folder="é", file="[{*?:=%2F")
@example(folder="x", file="_hidden")
@example(folder="x", file="orders.metadata")
@example(folder="x", file="a" * 900)
def test_a_hostile_key_gives_a_raw_name_that_every_reader_takes_and_that_is_found_again(folder, file):
    ending = ".json"

    key = raw_key(key=f"customers/{folder}/{file}{ending}")

    name = key.rpartition("/")[2]
    found = raw_object(key)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert len(name + METADATA_SUFFIX) < 255
    assert found is not None, "the object would never be loaded"
    assert (found.table, found.ingestion_date, found.landed_at) == ("customers", LATE.date(), LATE)


@pytest.mark.parametrize(
    "key",
    [
        raw_key() + METADATA_SUFFIX,
        "bronze/source=landing/ingestion_date=2026/01/02/notes.txt",
        "bronze/customers/ingestion_date=2026-01-02/part-0.parquet",
        "bronze/source=landing/notes.txt",
        "bronze/source=landing/by/some/one/" + raw_key().rpartition("/")[2],
    ],
)
def test_any_other_object_below_the_raw_zone_is_none_of_its_objects(key):
    assert raw_object(key) is None


def test_of_each_landing_key_the_version_that_landed_last_counts_in_order_of_landing():
    first, second, third = (LATE + timedelta(minutes=minute) for minute in range(3))
    old_a = object_named(key="customers/a.csv", landed_at=first)
    b = object_named(key="customers/b.csv", landed_at=second)
    new_a = object_named(key="customers/a.csv", etag="v2", landed_at=third)

    assert latest_versions([new_a, b, old_a]) == [b, new_a]


def test_a_key_overwritten_on_another_date_keeps_its_version_of_each_date():
    tomorrow = LATE + timedelta(days=1)
    today_object, tomorrow_object = (object_named(landed_at=at) for at in (LATE, tomorrow))

    assert latest_versions([tomorrow_object, today_object]) == [today_object, tomorrow_object]


def test_equal_keys_of_two_buckets_are_two_files():
    here, there = (object_named(bucket=bucket) for bucket in ("landing", "other"))

    assert set(latest_versions([here, there])) == {here, there}


def test_below_a_prefix_the_table_comes_first_and_the_source_is_named_in_full():
    found = landed("shared", stored("customers/a.csv"), TABLES, prefix="team/landing/")
    other = landed("shared", stored("customers/a.csv"), TABLES)

    assert found is not None
    assert other is not None
    assert (found.table, found.uri) == ("customers", "s3://shared/team/landing/customers/a.csv")
    assert found.raw_key != other.raw_key
