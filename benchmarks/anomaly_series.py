"""Labelled series for the detectors: a table's daily rows, as they might be, with faults and with what is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAYS = 120
#: Days from here on are judged: both detectors have enough history then.
FIRST_JUDGED = 45
#: A fault counts as found, and an alarm as right, on these days.
Event = tuple[int, int]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Daily rows of one made-up table.

    Attributes:
        events: first and last day of each planted fault.
        holidays: days that the contract's calendar calls holidays.
    """

    rows: Numbers
    events: tuple[Event, ...]
    holidays: tuple[int, ...] = ()


def dates() -> NDArray[np.datetime64]:
    """The days of every series; the first is a Thursday."""
    return np.datetime64("2026-01-01") + np.arange(DAYS)


def series(kind: str, count: int, seed: int) -> list[Series]:
    """So many series with this kind of fault or change, the same ones for the same seed."""
    return [_KINDS[kind](np.random.default_rng([seed, number, *kind.encode()])) for number in range(count)]


def _usual(chance: np.random.Generator, growth: float = 0.0) -> Numbers:
    """Rows before anything happens: a level, a weekday profile, a month end, growth and noise."""
    level = np.exp(chance.uniform(np.log(200), np.log(50_000)))
    weekdays = np.exp(chance.normal(0, 0.08, 7))
    weekdays[[2, 3]] *= chance.uniform(0.25, 1.0)  # Saturday and Sunday, as the first day is a Thursday
    profile = weekdays[np.arange(DAYS) % 7]
    ends = (dates() + 1).astype("datetime64[M]") != dates().astype("datetime64[M]")
    month_end = np.where(ends, chance.choice([1.0, chance.uniform(1.3, 2.0)]), 1.0)
    noise = np.exp(chance.normal(0, chance.uniform(0.03, 0.09), DAYS))
    usual: Numbers = level * profile * month_end * noise * (1 + growth) ** np.arange(DAYS)
    return usual


def _places(chance: np.random.Generator, *, lasting: int = 1) -> tuple[int, int]:
    """Two days for faults, with time between them."""
    first = int(chance.integers(FIRST_JUDGED + 5, 70))
    return first, int(chance.integers(first + lasting + 14, DAYS - lasting))


def _made(
    chance: np.random.Generator, rows: Numbers, events: tuple[Event, ...], **more: tuple[int, ...]
) -> Series:
    return Series(chance.poisson(rows).astype(float), events, **more)


def _single(least: float, most: float) -> Callable[[np.random.Generator], Series]:
    def made(chance: np.random.Generator) -> Series:
        rows, places = _usual(chance), _places(chance)
        for day in places:
            rows[day] *= chance.uniform(least, most)
        return _made(chance, rows, tuple((day, day) for day in places))

    return made


def _with_drops(
    chance: np.random.Generator, rows: Numbers, places: tuple[int, ...], **more: tuple[int, ...]
) -> Series:
    for day in places:
        rows[day] *= chance.uniform(0.1, 0.5)
    return _made(chance, rows, tuple((day, day) for day in places), **more)


def _silent_stop(chance: np.random.Generator) -> Series:
    rows, places = _usual(chance), _places(chance, lasting=4)
    for day in places:
        rows[day : day + 4] = 0
    return _made(chance, rows, tuple((day, day + 3) for day in places))


def _slow_drift(chance: np.random.Generator) -> Series:
    rows, start, days = _usual(chance), int(chance.integers(60, 85)), 25
    change = (1 + chance.choice([-1, 1]) * chance.uniform(0.015, 0.03)) ** np.arange(1, days + 1)
    rows[start : start + days] *= change
    rows[start + days :] *= change[-1]
    return _made(chance, rows, ((start, start + days + 5),))


def _holiday(chance: np.random.Generator) -> Series:
    """Two holidays that the calendar knows, and a drop some days after each."""
    rows, places = _usual(chance), _places(chance, lasting=7)
    for day in places:
        rows[day] *= chance.uniform(0.05, 0.3)
    drops = tuple(day + int(chance.integers(1, 7)) for day in places)
    return _with_drops(chance, rows, drops, holidays=places)


def _growth(chance: np.random.Generator) -> Series:
    return _with_drops(chance, _usual(chance, chance.uniform(0.01, 0.03)), _places(chance))


def _level_shift(chance: np.random.Generator) -> Series:
    """A new level for good, which is told for five days at most; and a drop before it and one long after."""
    rows, place = _usual(chance), int(chance.integers(65, 80))
    rows[place:] *= chance.choice([chance.uniform(0.4, 0.6), chance.uniform(1.7, 2.5)])
    drops = (int(chance.integers(FIRST_JUDGED + 2, place - 3)), int(chance.integers(place + 20, DAYS)))
    found = _with_drops(chance, rows, drops)
    return Series(found.rows, (*found.events, (place, place + 4)))


_KINDS: Mapping[str, Callable[[np.random.Generator], Series]] = {
    "drop": _single(0.1, 0.5),
    "spike": _single(1.8, 4.0),
    "duplicate load": _single(2.0, 2.0),
    "silent stop": _silent_stop,
    "slow drift": _slow_drift,
    "holiday": _holiday,
    "growth": _growth,
    "level shift": _level_shift,
}
KINDS = tuple(_KINDS)
