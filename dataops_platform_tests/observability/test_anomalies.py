"""Anomalies: a number is unusual by the days before it, and both detectors say when they cannot know."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.anomaly_scores import compared
from benchmarks.anomaly_series import KINDS
from dataops_platform.core.arrivals import Arrivals
from dataops_platform.observability.anomalies import UNKNOWN, UNUSUAL, USUAL, judged
from dataops_platform.observability.detectors import Scale, plain, robust

FIRST = date(2026, 1, 5)  # a Monday
ROWS = [Scale()]


def history(*values, metric="row_count", table="orders", layer="silver"):
    """A number a day from FIRST on; None where there is none."""
    rows = [
        (table, layer, metric, pd.Timestamp(FIRST + timedelta(days=number)), float(value))
        for number, value in enumerate(values)
        if value is not None
    ]
    frame = pd.DataFrame(rows, columns=["table", "layer", "metric", "ingestion_date", "value"])
    return frame.astype({"ingestion_date": "datetime64[ns]", "value": float})


def last_of(frame, **more):
    """What is said of the newest day of a history."""
    [row] = judged(frame, [frame["ingestion_date"].max().date()], **more).to_dict("records")
    return row


def weeks(count, week=(100, 101, 99, 100, 102, 50, 40)):
    """So many weeks of a shop that is half closed at weekends; each a per cent off the one before."""
    return [value * (10 + number % 2 * 0.1) for number in range(count) for value in week]


def matrix(*values):
    return np.array([values], dtype=float)


def test_the_plain_detector_asks_of_three_standard_deviations_of_seven_days():
    seven = [10, 12, 10, 12, 10, 12, 11]  # mean 11, standard deviation 1

    assert not plain(matrix(*seven, 13.9), ROWS).unusual[0, 7]
    assert plain(matrix(*seven, 14.1), ROWS).unusual[0, 7]
    assert plain(matrix(*seven, 7.9), ROWS).unusual[0, 7]
    assert plain(matrix(*seven, 14.1), ROWS).score[0, 7] == pytest.approx(3.1)


def test_the_tested_day_is_never_in_its_own_baseline():
    for detect in (plain, lambda found, scales: robust(found, dates_of(found), scales)):
        usual, wild = matrix(*weeks(8), 1_000), matrix(*weeks(8), 9_000_000)
        one, other = detect(usual, ROWS), detect(wild, ROWS)

        assert np.array_equal(one.low[0, -1], other.low[0, -1])
        assert np.array_equal(one.expected, other.expected, equal_nan=True)


def dates_of(found):
    return np.datetime64(FIRST) + np.arange(found.shape[1])


@pytest.mark.parametrize("cut", [30, 41, 55])
def test_no_day_is_judged_by_days_after_it(cut):
    chance = np.random.default_rng(3)
    values = chance.lognormal(7, 0.1, (5, 70))
    whole, part = (robust(found, dates_of(found), ROWS * 5) for found in (values, values[:, : cut + 1]))

    assert np.array_equal(whole.score[:, : cut + 1], part.score, equal_nan=True)
    assert np.array_equal(whole.unusual[:, : cut + 1], part.unusual)


def test_six_days_are_not_enough_history_and_that_is_said():
    told = last_of(history(10, 12, 10, 12, 10, 12, 999))

    assert told["outcome"] == UNKNOWN
    assert told["why"] == "row_count is 999; 6 measured days before it are not enough history to judge it by."
    assert np.isnan(told["expected"])


def test_a_young_series_is_judged_by_the_plain_detector_an_older_one_by_the_robust():
    assert last_of(history(*[10, 12, 10, 12, 10, 12, 11], 20))["detector"] == "plain"
    assert last_of(history(*weeks(5)))["detector"] == "robust"


def test_days_without_a_number_count_neither_for_nor_against():
    assert last_of(history(10, None, 12, 10, 12, None, 10, 12, 999))["outcome"] == UNKNOWN
    assert last_of(history(10, None, 12, 10, 12, None, 10, 12, 10, 999))["outcome"] == UNUSUAL


def test_constant_numbers_make_any_other_unusual_and_themselves_usual():
    assert last_of(history(*[5] * 8))["outcome"] == USUAL
    assert last_of(history(*[5] * 7, 6))["outcome"] == UNUSUAL


def test_a_quiet_sunday_is_usual_and_the_same_number_on_a_monday_is_not():
    sunday = last_of(history(*weeks(8)))
    monday = last_of(history(*weeks(8), 400))

    assert (sunday["outcome"], monday["outcome"]) == (USUAL, UNUSUAL)
    assert "usual on a Monday" in monday["why"]
    assert "row_count is 400;" in monday["why"]
    assert monday["low"] < monday["expected"] < monday["high"]
    assert 950 < monday["expected"] < 1_050
    assert monday["score"] < -4


def test_a_new_level_is_told_for_five_days_and_then_learnt():
    values = [*weeks(8), *(2 * value for value in weeks(3))]
    found = judged(history(*values), [FIRST + timedelta(days=number) for number in range(56, 77)])

    told = [row["outcome"] == UNUSUAL for row in found.to_dict("records")]
    assert told[:4] == [True] * 4
    assert not any(told[6:])


def test_a_table_that_stopped_stays_unusual_for_two_weeks():
    values = [*weeks(8), *[0] * 14]
    found = judged(history(*values), [FIRST + timedelta(days=number) for number in range(56, 70)])

    assert set(found["outcome"]) == {UNUSUAL}


def test_steady_growth_is_usual_and_its_end_is_not():
    grown = [value * 1.03**number for number, value in enumerate(weeks(12))]

    assert last_of(history(*grown))["outcome"] == USUAL
    assert last_of(history(*grown[:-1], grown[-1] / 2))["outcome"] == UNUSUAL


def test_a_busy_month_end_is_usual_once_there_were_two():
    days = [FIRST + timedelta(days=number) for number in range(86)]  # to 31 March
    values = [
        value * (2 if (day + timedelta(days=1)).day == 1 else 1)
        for value, day in zip(weeks(13), days, strict=False)
    ]

    assert last_of(history(*values))["outcome"] == USUAL
    assert last_of(history(*values[:-2], values[-1]))["outcome"] == UNUSUAL


def test_few_rows_are_usual_on_a_holiday_of_the_calendar_and_many_are_not():
    calendar = {"orders": Arrivals(holidays=(FIRST + timedelta(days=56),))}

    assert last_of(history(*weeks(8), 100), arrivals=calendar)["outcome"] == USUAL
    assert last_of(history(*weeks(8), 5_000), arrivals=calendar)["outcome"] == UNUSUAL
    assert last_of(history(*weeks(8), 100))["outcome"] == UNUSUAL


def test_fewer_nulls_than_usual_are_no_problem():
    nulls = [5, 6, 5, 6, 5, 6, 5] * 8

    assert last_of(history(*nulls, 0, metric="name_null_pct"))["outcome"] == USUAL
    assert last_of(history(*nulls, 40, metric="name_null_pct"))["outcome"] == UNUSUAL
    assert last_of(history(*nulls, 0))["outcome"] == UNUSUAL


def test_a_handful_of_rows_in_a_quarantine_that_is_empty_as_a_rule_is_usual_a_hundred_is_not():
    assert last_of(history(*[0] * 40, 3, metric="quarantined"))["outcome"] == USUAL
    assert last_of(history(*[0] * 40, 100, metric="quarantined"))["outcome"] == UNUSUAL


def test_a_slow_drift_is_told_as_such():
    values = [*weeks(9), *(value * 0.985**number for number, value in enumerate(weeks(3), 1))]
    found = judged(history(*values), [FIRST + timedelta(days=number) for number in range(63, 84)])

    unusual = found[found["outcome"] == UNUSUAL]
    assert len(unusual)
    assert unusual["why"].str.contains("below what was expected .* a slow drift").any()


def test_each_series_is_judged_by_itself():
    frames = [history(*weeks(8), 1_000), history(*weeks(8), 100, table="refunds")]
    frames.append(history(*[3] * 57, metric="files"))
    day = FIRST + timedelta(days=56)

    found = judged(pd.concat(frames), [day])

    told = {(row["table"], row["metric"]): row["outcome"] for row in found.to_dict("records")}
    expected = {("orders", "row_count"): USUAL, ("refunds", "row_count"): UNUSUAL, ("orders", "files"): USUAL}
    assert told == expected


def test_nothing_is_said_of_dates_without_numbers():
    assert judged(history(*weeks(2)), [date(2020, 1, 1)]).empty
    assert judged(history(), [FIRST]).empty


@pytest.mark.parametrize("kind", KINDS)
def test_the_robust_detector_finds_more_and_errs_less_than_the_plain_one(kind):
    found = compared(kind, count=60, seed=11)

    assert found["robust"].precision > found["plain"].precision
    assert found["robust"].recall > found["plain"].recall
    assert found["robust"].recall > (0.7 if kind == "slow drift" else 0.95)
    assert found["robust"].precision > (0.6 if kind == "slow drift" else 0.8)
