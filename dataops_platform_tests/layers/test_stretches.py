"""Stretches of dates: none is left out, none is done twice, and few rows are held at once."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataops_platform.layers.stretches import stretches

ROWS = st.dictionaries(
    st.integers(0, 20).map(lambda n: date(2026, 1, 1) + timedelta(days=n)), st.integers(0, 30)
)


@given(rows=ROWS, at_once=st.integers(1, 50))
def test_each_date_is_in_one_stretch_in_order_and_only_a_date_alone_holds_more_rows(rows, at_once):
    found = list(stretches([*rows], rows, at_once=at_once))

    assert [day for stretch in found for day in stretch] == sorted(rows)
    assert all(sum(rows[day] for day in stretch) <= at_once for stretch in found if len(stretch) > 1)


@given(rows=ROWS, at_once=st.integers(1, 50))
def test_no_two_stretches_that_follow_each_other_could_be_one(rows, at_once):
    found = list(stretches([*rows], rows, at_once=at_once))

    held = [sum(rows[day] for day in stretch) for stretch in found]
    first = [rows[stretch[0]] for stretch in found[1:]]
    assert all(before + next_date > at_once for before, next_date in zip(held, first, strict=False))
