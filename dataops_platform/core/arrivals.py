"""This room's arrivals: on which dates files of a table are expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """On which ingestion dates a table is expected to get files.

    Attributes:
        weekdays: days of the week, 0 for Monday to 6 for Sunday; none where files come when they come.
        days_of_month: if any, only these days of a month.
        holidays: dates on which nothing, or less than usual, is expected.
    """

    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    days_of_month: tuple[int, ...] = ()
    holidays: tuple[date, ...] = ()

    def expects(self, day: date) -> bool:
        """Whether a file of this ingestion date is expected."""
        in_month = not self.days_of_month or day.day in self.days_of_month
        return day.weekday() in self.weekdays and in_month and day not in self.holidays

    def expected(self, first: date, last: date) -> Iterator[date]:
        """The expected dates from `first` to `last`, both included."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return (day for day in days if self.expects(day))


DAILY = Arrivals()
ON_WEEKDAYS = Arrivals(weekdays=(0, 1, 2, 3, 4))
NOW_AND_THEN = Arrivals(weekdays=())


def age(day: date, now: datetime) -> timedelta:
    """How long ago an ingestion date began, in UTC."""
    return now - datetime.combine(day, time(), UTC)
