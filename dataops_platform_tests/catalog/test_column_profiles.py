"""The profiles on the pages: of the newest date, as it was profiled last."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from dataops_platform.catalog.column_profiles import column_profiles, histogram
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.observability.profiles import record
from dataops_platform.quality.profile import ColumnProfile
from dataops_platform.resources.lake import DeltaLake

AT = datetime(2026, 1, 3, tzinfo=UTC)
AMOUNT = ColumnProfile(
    date(2026, 1, 2), "amount", 9, 1, 8, 8, "1", "9", 5.0, (1.0,) * 5, (1.0, 5.0, 9.0), (2, 6), (("1", 2),)
)
NOTE = ColumnProfile(date(2026, 1, 2), "note", 9, 0, 8, 9)


def test_the_newest_date_counts_as_it_was_profiled_last(tmp_path):
    lake = DeltaLake(str(tmp_path), EmbeddedEngine())
    earlier = replace(AMOUNT, ingestion_date=date(2026, 1, 1))
    for hours, found in enumerate(([replace(AMOUNT, rows=1)], [AMOUNT, NOTE], [earlier])):
        record(lake, "payments", "silver", found, run_id="r", at=AT + timedelta(hours=hours))

    told = column_profiles(lake)

    assert told["silver/payments"].day == date(2026, 1, 2)
    assert told["silver/payments"].columns == (AMOUNT, NOTE)


def test_where_nothing_was_profiled_there_are_none(tmp_path):
    assert column_profiles(DeltaLake(str(tmp_path), EmbeddedEngine())) == {}


def test_one_row_of_thousands_can_be_seen_and_each_bar_says_what_it_holds():
    one, all_others = histogram(replace(AMOUNT, counts=(1, 9_999)), "decimal(18,2)")

    assert one.height >= 1.5
    assert one.y + one.height == all_others.y + all_others.height == 44
    assert all_others.text == "5 to 9: 9,999 rows"


def test_values_that_are_all_the_same_have_no_histogram():
    assert histogram(replace(AMOUNT, edges=(1.0, 1.0), counts=(9,)), "int") == []


def test_a_time_that_no_calendar_has_is_no_error():
    assert (
        histogram(replace(AMOUNT, edges=(-1e18, 0.0, 1e18)), "timestamp")[0].text
        == "? to 1970-01-01 00:00: 2 rows"
    )
