"""The landing sensor's look: cheap however much lies there, and right whatever its cursor says."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from dataops_platform.core.landed_object import METADATA_SUFFIX, StoredObject, landed
from dataops_platform.layers.due import due
from dataops_platform.layers.landing_walk import Cursor, look
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform_tests.layers.small_platform import SmallPlatform, day
from dataops_platform_tests.reliability.after_a_fault import assert_raw_zone_holds

CUSTOMERS = "customer_id,name\nc1,Ana\n"


class NoEngine:
    """What a look must never ask for."""


@pytest.fixture
def platform(tmp_path, shipped_tables):
    """A platform of all tables on two folders, with nothing that computes and no Dagster."""
    nothing: Any = NoEngine()
    return SmallPlatform(tmp_path, nothing, shipped_tables, nothing)


def ticks(platform, times, cursor="", **how):
    """So many ticks of a short stretch each; the last one, and how many objects they copied in all."""
    seen, copied = None, 0
    for _ in range(times):
        seen = look(platform.ports, Cursor.read(cursor), **{"stretch": 3, **how})
        cursor = str(seen.cursor)
        copied += len(seen.ingested.copied)
    return seen, copied


def land(platform, numbers, name="a.csv"):
    """A file on each of these days; their keys and bytes."""
    for number in numbers:
        platform.land("customers", day(number), CUSTOMERS, name=name)
    return [(f"customers/dt={day(number)}/{name}", CUSTOMERS.encode()) for number in numbers]


def test_a_tick_goes_on_while_anything_is_new_and_takes_everything_once(platform):
    landed_files = land(platform, range(1, 11))

    seen, copied = ticks(platform, 1)

    assert (copied, seen.cursor.landing) == (10, "")
    assert_raw_zone_holds(platform.ports.lake_store, landed_files)
    assert ticks(platform, 8, str(seen.cursor))[1] == 0


def test_a_tick_that_finds_nothing_new_looks_at_one_stretch_and_the_next_one_goes_on(platform):
    land(platform, range(1, 11))
    ticks(platform, 1)

    reached = []
    for times in range(1, 5):
        seen, _ = ticks(platform, times)
        reached.append((seen.ingested.known, seen.cursor.landing.partition("dt=")[2][:10]))

    assert reached == [(3, "2026-01-03"), (3, "2026-01-06"), (3, "2026-01-09"), (1, "")]


@pytest.mark.parametrize(
    "cursor",
    ["", "no JSON", "[]", '{"landing": null}',
     '{"landing": "customers/dt=2026-01-05/a.csv", "raw": "zzz", "newest": ""}',
     '{"landing": "zzz", "raw": "", "newest": "zzz"}'],
)  # fmt: skip
def test_a_cursor_that_was_reset_lost_or_made_up_loses_and_doubles_nothing(platform, cursor):
    landed_files = land(platform, range(1, 11))
    ticks(platform, 2)

    ticks(platform, 9, cursor)

    assert_raw_zone_holds(platform.ports.lake_store, landed_files)


def test_a_late_file_behind_the_cursor_is_taken_within_a_round(platform):
    landed_files = land(platform, range(2, 12))
    seen, _ = ticks(platform, 2)
    landed_files += land(platform, [1])

    ticks(platform, 6, str(seen.cursor))

    assert_raw_zone_holds(platform.ports.lake_store, landed_files)


def test_a_file_of_today_is_taken_by_the_next_tick_wherever_the_walk_is(platform):
    land(platform, range(1, 21))
    ticks(platform, 1)
    seen, _ = ticks(platform, 1)
    today = datetime.now(UTC).date()
    platform.land("web_events", today, "event_id\ne1\n")

    seen, copied = ticks(platform, 1, str(seen.cursor))

    assert copied == 1
    assert seen.ingested.copied[-1].ingestion_date == today
    assert today in seen.listing.dates("web_events")


def test_more_new_files_of_today_than_a_tick_has_time_for_are_taken_by_the_next_ones(platform):
    today = datetime.now(UTC).date()
    names = [f"{number:03}.csv" for number in range(100)]
    for name in names:
        platform.land("web_events", today, "event_id\ne1\n", name=name)

    copied: list[str] = []
    cursor = ""
    for _ in range(5):
        asked = count()
        seen = look(platform.ports, Cursor.read(cursor), lambda: next(asked) > 30, stretch=3)  # noqa: B023
        copied, cursor = [*copied, *(found.file for found in seen.ingested.copied)], str(seen.cursor)

    assert sorted(copied) == names


def test_what_is_in_the_raw_zone_and_nowhere_else_is_due_within_a_round(platform):
    land(platform, range(1, 11))
    ticks(platform, 4)
    for path in (platform.folder / "landing").rglob("*.csv"):
        path.unlink()

    found, cursor = set(), ""
    for _ in range(12):
        seen, _ = ticks(platform, 1, cursor)
        cursor = str(seen.cursor)
        found.update(seen.listing.dates("customers"))

    assert found == {day(number) for number in range(1, 11)}


def test_of_every_date_that_is_looked_at_the_whole_is_seen(platform):
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        land(platform, [1, 2], name)
    ticks(platform, 4)
    state = platform.ports
    whole = look(state, Cursor(), stretch=1_000).listing

    seen, _ = ticks(platform, 1)

    assert seen.listing.fingerprint("customers", day(1)) == whole.fingerprint("customers", day(1))


def test_a_tick_that_runs_out_of_time_goes_on_where_it_was(platform):
    landed_files = land(platform, range(1, 4))

    seen, copied = ticks(platform, 1, is_over=lambda: True)

    assert (copied, seen.cursor) == (0, Cursor())
    ticks(platform, 1, str(seen.cursor))
    assert_raw_zone_holds(platform.ports.lake_store, landed_files)


@dataclass
class Endless:
    """A store of so many dates of a thousand files each, none of which is held in memory.

    Attributes:
        keys_of: the keys of one date, in order.
        listed: how many keys were handed out.
    """

    name: str
    dates: list[date]
    keys_of: Callable[[date], list[str]]
    folder: Callable[[date], str]
    prefix: str = ""
    listed: int = 0
    requests: list[str] = field(default_factory=list)

    def objects(self, prefix="", *, after=""):
        self.requests.append(prefix)
        firsts = [self.folder(day) for day in self.dates]
        at = max(bisect_right(firsts, max(prefix, after)) - 1, 0)
        for number in range(at, len(self.dates)):
            for key in self.keys_of(self.dates[number]):
                if not key.startswith(prefix) and key > prefix:
                    return
                if key.startswith(prefix) and key > after:
                    self.listed += 1
                    yield StoredObject(key, 1, "e", NOON)

    def folders(self, prefix):
        return ["source=landing"] if prefix == "bronze/" else []


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def million(platform, today):
    """The platform's ports with a thousand dates of a thousand files, all of them in the raw zone."""
    dates = [today - timedelta(days=back) for back in range(999, -1, -1)]

    def landing_keys(day):
        return [f"customers/dt={day}/{number:04}.csv" for number in range(1_000)]

    def raw_keys(day):
        found = (
            landed("landing", StoredObject(k, 1, "e", NOON), frozenset({"customers"}))
            for k in landing_keys(day)
        )
        names = [each.raw_key for each in found if each]
        return sorted([*names, *(name + METADATA_SUFFIX for name in names)])

    return replace(
        platform.ports,
        first_date=dates[0],
        landing=Endless("landing", dates, landing_keys, lambda day: f"customers/dt={day}/"),
        lake_store=Endless(
            "lake", dates, raw_keys, lambda day: f"bronze/source=landing/ingestion_date={day:%Y/%m/%d}/"
        ),
    )


def test_a_tick_on_a_million_old_files_lists_a_few_thousand_keys_and_copies_none(platform):
    ports = million(platform, datetime.now(UTC).date())
    cursor = Cursor()
    for _ in range(2):
        ports.landing.listed = ports.lake_store.listed = 0
        seen = look(ports, cursor)
        cursor = seen.cursor

        assert (seen.ingested.copied, seen.ingested.failed) == ([], {})
        assert ports.landing.listed < 6_000
        assert ports.lake_store.listed < 20_000
    assert cursor.landing > "customers/dt="


def test_a_purged_history_of_dagster_makes_nothing_due_again(platform_of, shipped_tables):
    shop = platform_of([table for table in shipped_tables if table.name == "customers"])
    shop.land("customers", day(2), CUSTOMERS)
    assert shop.sync().problems == []

    seen = look(shop.ports, Cursor())

    assert seen.ingested.copied == []
    assert not due(shop.ports, seen.listing)


def test_two_sensors_that_look_at_once_make_one_raw_zone(platform):
    landed_files = land(platform, range(1, 7))

    class Twice(FolderStore):
        """Another sensor's tick takes place right before this one's first copy."""

        other = SimpleNamespace(is_due=True)

        def create(self, key, body):
            if self.other.is_due:
                self.other.is_due = False
                look(platform.ports, Cursor())
            return super().create(key, body)

    look(replace(platform.ports, lake_store=Twice(platform.folder / "lake")), Cursor())

    assert_raw_zone_holds(platform.ports.lake_store, landed_files)
