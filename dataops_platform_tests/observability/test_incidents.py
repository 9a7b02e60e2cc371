"""Incidents: one from the first sign to recovery, whoever looks how often, and one for a cause and what it explains."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_platform.observability.incidents import (
    EXPLAINED,
    OPEN,
    RECOVERED,
    SETTLES_IN,
    SETTLING,
    advanced,
    history,
    record,
)
from dataops_platform.observability.signs import Sign

NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UPSTREAM = {"customer_360": ("customers", "orders"), "board": ("customer_360",)}


def sign(kind="refused", table="orders", on=(date(2026, 3, 8),), since=NINE):
    return Sign(kind, table, on, f"{table} {kind}.", "Somebody did something.", since, "run-1")


class Watch:
    """Looks every so often, and keeps what came of it."""

    def __init__(self):
        self.known, self.now = [], NINE

    def looks(self, *found, after=MINUTE):
        self.now += after
        changed = advanced(self.known, found, UPSTREAM, self.now)
        self.known += changed
        return changed

    @property
    def told(self):
        """What people hear: the table and the state, in order."""
        return [(one.table, one.state, one.kinds) for one in self.known if one.is_told]


@pytest.fixture
def watch():
    return Watch()


def test_an_incident_is_told_once_however_long_it_lasts_and_once_when_it_is_over(watch):
    for _ in range(500):
        watch.looks(sign())
    watch.looks()
    watch.looks(after=SETTLES_IN)
    watch.looks()

    assert watch.told == [("orders", OPEN, ("refused",)), ("orders", RECOVERED, ("refused",))]
    assert len(watch.known) == 3


def test_signs_that_come_and_go_are_one_incident(watch):
    for _ in range(20):
        watch.looks(sign())
        watch.looks()

    assert watch.told == [("orders", OPEN, ("refused",))]
    assert len({one.incident for one in watch.known}) == 1


def test_nobody_hears_of_an_end_before_it_has_lasted_a_while(watch):
    watch.looks(sign())
    for _ in range(5):
        watch.looks()
    watch.looks(sign())

    assert watch.told == [("orders", OPEN, ("refused",))]
    assert [one.state for one in watch.known] == [OPEN, SETTLING, OPEN]


def test_the_same_trouble_after_recovery_is_another_incident(watch):
    watch.looks(sign())
    watch.looks()
    watch.looks(after=SETTLES_IN)
    watch.looks(sign(since=NINE + timedelta(days=1)))

    assert [state for _, state, _ in watch.told] == [OPEN, RECOVERED, OPEN]
    assert len({one.incident for one in watch.known}) == 2


def test_more_dates_are_kept_and_not_told_another_kind_of_trouble_is(watch):
    watch.looks(sign())
    [grown] = watch.looks(sign(on=(date(2026, 3, 8), date(2026, 3, 9))))
    assert (len(grown.dates), grown.is_told) == (2, False)

    watch.looks(sign(), sign("late"))

    assert watch.told == [("orders", OPEN, ("refused",)), ("orders", OPEN, ("refused", "late"))]


def test_a_source_explains_what_is_built_from_it(watch):
    watch.looks(sign(), sign("refused", "customer_360"), sign("unusual", "board"))

    assert watch.told == [("orders", OPEN, ("refused",))]
    assert watch.known[-1].affects == ("board", "customer_360")


def test_a_product_whose_sources_are_sound_has_an_incident_of_its_own(watch):
    watch.looks(sign("refused", "customer_360"), sign("late", "web_events"))

    assert {table for table, _, _ in watch.told} == {"customer_360", "web_events"}


def test_a_cause_that_is_found_later_takes_over_without_a_recovery_being_told(watch):
    watch.looks(sign("refused", "customer_360"))
    watch.looks(sign("refused", "customer_360"), sign("failed", "orders"))

    assert [(one.table, one.state) for one in watch.known] == [
        ("customer_360", OPEN),
        ("orders", OPEN),
        ("customer_360", EXPLAINED),
    ]
    assert [table for table, _, _ in watch.told] == ["customer_360", "orders"]


def test_the_worst_sign_says_the_cause(watch):
    [one] = watch.looks(
        sign("late"), Sign("failed", "orders", (), "It broke.", "The disk is full.", NINE, "run-2")
    )

    assert (one.kinds, one.cause, one.run_id) == (("failed", "late"), "The disk is full.", "run-2")
    assert one.what == "It broke. orders late."


def test_two_who_look_at_the_same_time_see_the_same_incident():
    one, other = Watch(), Watch()
    other.now += timedelta(seconds=20)

    assert {found.item for found in one.looks(sign())} == {found.item for found in other.looks(sign())}


def test_incidents_are_the_same_after_a_restart(lake, watch):
    record(lake, watch.looks(sign(), sign("late", "customers", ())))
    watch.known = history(lake)

    assert watch.looks(sign(), sign("late", "customers", ())) == []
    record(lake, watch.looks(sign()))
    assert [one.state for one in history(lake)] == [OPEN, OPEN, SETTLING]


SIGNS = st.sets(
    st.tuples(
        st.sampled_from(["failed", "refused", "late", "unusual"]),
        st.sampled_from(["orders", "customers", "customer_360"]),
    )
)


@given(st.lists(st.tuples(SIGNS, st.integers(1, 30)), max_size=25))
def test_of_each_table_open_and_recovered_take_turns_whatever_happens(ticks):
    watch = Watch()
    for number, (found, minutes) in enumerate(ticks):
        since = NINE + timedelta(hours=number)
        watch.looks(
            *(sign(kind, table, since=since) for kind, table in sorted(found)), after=minutes * MINUTE
        )
        live = {one.table: one for one in watch.known}
        explained = {"customer_360"} if {"orders", "customers"} & {table for _, table in found} else set()
        for table in {table for _, table in found} - explained:
            assert live[table].state == OPEN

    for table in ("orders", "customers", "customer_360"):
        states = [one.state for one in watch.known if one.table == table]
        assert all(not (before == after == RECOVERED) for before, after in pairwise(states))
        assert not states or states[0] == OPEN
        for before, after in pairwise(states):
            assert after != RECOVERED or before == SETTLING
