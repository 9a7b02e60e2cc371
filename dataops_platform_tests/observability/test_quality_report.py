"""The quality report: what became of each date, which rules were broken, what was unusual, and who is needed."""

from datetime import date, timedelta

import orjson
import pytest

from dataops_platform.core.rules import Waiver
from dataops_platform.observability.incidents import SETTLES_IN
from dataops_platform.observability.quality_report import document
from dataops_platform.observability.report_words import headline, needs
from dataops_platform_tests.observability.remembered import Remembered, day, orders


@pytest.fixture
def remembered(lake):
    return Remembered(lake, orders())


def states(quality):
    return {one.day.day: one.state for one in quality.days}


def test_each_date_is_told_by_what_became_of_it(remembered):
    remembered.judged(1, 2)
    remembered.judged(3, held=4)
    remembered.judged(5, held=100, message="orders of 2026-03-05 was refused.")
    remembered.judged(7)

    found = remembered.quality()

    # the 8th is overdue: the 7th is older than a day and a half; the 9th is not yet
    assert states(found) == {
        1: "published", 2: "published", 3: "held", 4: "missing", 5: "refused", 6: "missing", 7: "published", 8: "late",
    }  # fmt: skip
    assert (found.rows, found.quarantined, found.is_late, found.last) == (500, 104, True, day(7))
    assert (found.count("published", "held"), found.count("refused")) == (4, 1)


def test_dates_outside_of_the_window_are_not_told_and_what_was_mended_is_published(remembered):
    remembered.judged(1, held=100, message="orders of 2026-03-01 was refused.")
    remembered.judged(2, 3, held=100, message="orders was refused.")
    remembered.judged(3)

    assert states(remembered.quality(2, 3)) == {2: "refused", 3: "published"}


def test_somebody_is_needed_where_a_date_stands_refused_a_table_is_late_or_an_incident_is_open(remembered):
    remembered.judged(7, 8)
    assert not remembered.report().needs_people
    assert headline(remembered.report()) == "nothing needs anybody"

    remembered.incident("unusual")
    assert remembered.report().needs_people
    assert headline(remembered.report()) == "1 open incident"
    remembered.judged(8, held=9, message="orders of 2026-03-08 was refused.")
    assert headline(remembered.report()) == "1 table needs people, 1 date refused, 1 open incident"
    assert needs(remembered.report()) == ["orders (team:sales): refused 2026-03-08"]


def test_an_incident_that_is_over_is_told_as_long_as_it_was_open_in_the_window(remembered):
    remembered.judged(7, 8)
    remembered.incident("unusual")
    for after in (timedelta(minutes=1), timedelta(minutes=2) + SETTLES_IN):
        remembered.incident(after=after)

    [told] = remembered.report().incidents
    assert (told.is_over, told.kinds, told.table) == (True, ("unusual",), "orders")
    assert not remembered.report().needs_people
    remembered.now += timedelta(days=30)
    assert remembered.report(28, 30).incidents == ()


def test_a_rule_that_was_mended_counts_no_more_and_weeks_are_told_apart(remembered):
    remembered.judged(*range(1, 15))
    remembered.measured("amount_is_valid_failed", {day(7): 3.0, day(8): 5.0, day(14): 2.0})
    remembered.measured("row_count", {day(8): 100.0, day(14): 100.0})
    [told] = remembered.quality(1, 14).broken
    assert (told.check, told.rows, told.dates, told.recent, told.before) == ("amount_is_valid", 10, 3, 7, 3)

    remembered.now += timedelta(days=1)
    remembered.measured("row_count", {day(8): 100.0})
    [told] = remembered.quality(1, 14).broken
    assert (told.rows, told.dates) == (5, 2)


def test_a_number_outside_of_what_was_usual_is_marked_and_one_nobody_watches_has_no_range(remembered):
    past = {date(2026, 3, 9) - timedelta(days=ago): 1000.0 + ago % 7 for ago in range(1, 60)}
    remembered.judged(7, 8, 9)
    remembered.measured("row_count", {**past, day(9): 400.0})
    remembered.measured("city_null_pct", {day(8): 0.0, day(9): 5.0})
    remembered.measured("order_id_null_pct", {day(8): 0.0, day(9): 0.0})

    rows, city = remembered.quality().trends

    assert (rows.metric, rows.days[0], rows.days[-1], rows.values[-1]) == ("row_count", day(1), day(9), 400.0)
    assert list(rows.unusual) == [day(9)]
    assert rows.unusual[day(9)].startswith("row_count is 400; ")
    low, high = rows.low[-1], rows.high[-1]
    assert low is not None
    assert high is not None
    assert 400 < low < 1000 < high
    assert (city.metric, city.values, city.high) == ("city_null_pct", (0.0, 5.0), (None, None))
    assert needs(remembered.report())[0] == "orders (team:sales): row_count unusual on 2026-03-09"


def test_who_answers_for_what_is_told_as_long_as_it_concerns_the_window(lake):
    def waiver(until):
        return Waiver(check="order_id_is_present", owner="ann", until=until, reason="the till is old")

    told = Remembered(lake, orders(waivers=(waiver(day(2)), waiver(day(5)), waiver(day(20)))))
    told.judged(6, held=100, message="orders of 2026-03-06 was refused.")
    told.released(6)

    assert [(one.what, one.until, one.is_in_force) for one in told.quality(3, 9).answered] == [
        ("order_id_is_present", day(5), False),
        ("order_id_is_present", day(20), True),
        ("2026-03-06", None, True),
    ]


def test_the_document_holds_all_of_it_for_programs(remembered):
    remembered.judged(7, 8, held=2)
    remembered.measured("row_count", {day(7): 100.0})

    told = orjson.loads(orjson.dumps(document(remembered.report()), option=orjson.OPT_NON_STR_KEYS))

    assert (told["format"], told["environment"], told["needs_people"]) == (1, "test", False)
    assert told["window"] == {"first": "2026-03-01", "last": "2026-03-09"}
    [table] = told["tables"]
    assert (table["table"], table["owner"], table["rows"], table["quarantined"]) == (
        "orders",
        "team:sales",
        200,
        4,
    )
    assert table["days"][0] | {"day": "2026-03-07", "state": "held", "quarantined": 2} == table["days"][0]
    assert table["trends"][0]["values"] == [100.0]


def test_a_lake_without_anything_has_a_report(remembered):
    report = remembered.report()

    assert (report.needs_people, report.tables[0].days, report.incidents) == (False, (), ())
