"""This room's stretches: dates that are worked on together, so many that their rows can be held at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

#: What is held of a row, mostly the hash of its key, takes up to 100 bytes.
ROWS_AT_ONCE = 10_000_000


def stretches(
    dates: Sequence[date], rows: Mapping[date, int], *, at_once: int = ROWS_AT_ONCE
) -> Iterator[list[date]]:
    """All dates, in order and in as few stretches as may be; of several dates none has more than `at_once` rows."""
    stretch: list[date] = []
    held = 0
    for day in sorted(dates):
        if stretch and held + rows[day] > at_once:
            yield stretch
            stretch, held = [], 0
        stretch.append(day)
        held += rows[day]
    if stretch:
        yield stretch
