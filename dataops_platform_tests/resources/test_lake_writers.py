"""Twenty writers of one table at once, without any queue: each either publishes its date whole or changes nothing."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from dataops_platform.errors import PlatformError
from dataops_platform_tests.resources.given_rows import MONDAY, NAME, counts, rows, state

WRITERS = 20


def at_once(write):
    """What became of each writer: the error that it met, or None."""
    start = Barrier(WRITERS)

    def run(number):
        start.wait()
        try:
            write(number)
        except PlatformError as error:
            return error
        return None

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(run, range(WRITERS)))


def test_writers_of_dates_of_their_own_all_publish_and_none_is_lost(filled):
    days = [MONDAY + timedelta(days=7 + number) for number in range(WRITERS)]
    before = counts(filled.partitions(NAME))

    met = at_once(lambda number: filled.replace(NAME, rows(days[number], days[number]), [days[number]]))

    assert met == [None] * WRITERS
    assert counts(filled.partitions(NAME)) == before | dict.fromkeys(days, 2)


def test_of_writers_of_one_date_each_publishes_all_its_rows_or_says_that_it_may_be_tried_again(filled):
    day = MONDAY + timedelta(days=7)

    met = at_once(lambda number: filled.replace(NAME, rows(day, day, day, name=f"w{number}-"), [day]))

    refused = [error for error in met if error is not None]
    assert len(refused) < WRITERS
    assert all(error.is_transient for error in refused)
    held = Counter(
        f"w{number}-" for number in range(WRITERS) for row in state(filled)[2] if f"'w{number}-'" in row
    )
    assert list(held.values()) == [3]
    assert met[int(next(iter(held))[1:-1])] is None, "the rows are of a writer that was told so"
