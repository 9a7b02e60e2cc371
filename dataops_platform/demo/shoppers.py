"""This file holds the made-up shop's customers: what they are called, and how they shop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from dataops_platform.demo.landing_file import Row

_CITIES = {
    "north": ("Gdańsk", "Malmö", "Ålesund", "Turku"),
    "south": ("Valencia", "Catania", "Faro", "Patras"),
    "east": ("Kraków", "Košice", "Cluj-Napoca", "Lviv"),
    "west": ("Orléans", "Köln", "Gent", "Cork"),
}
_FIRST = (
    "Ana",
    "Björn",
    "Chloé",
    "Dmytro",
    "Elif",
    "Farid",
    "Grace",
    "Hana",
    "Ivo",
    "Jürgen",
    "Kai",
    "Lucía",
)
_LAST = ("Almeida", "Berg", "Costa", "Dąbrowska", "Eriksen", "Fischer", "Garcia", "Hughes", "Ito", "Jansen")


def price(cents: int) -> str:
    """An exact amount as text, e.g. `12.50`."""
    return f"{cents // 100}.{cents % 100:02}"


class Habit(Enum):
    """How a customer shops: how often compared with others, and for how many cents a time."""

    LAVISH = (5, 12_000, 40_000)
    STEADY = (3, 5_000, 15_000)
    FREQUENT = (6, 200, 3_500)
    OCCASIONAL = (1, 300, 4_000)
    # Bought something long ago, and nothing since.
    LAPSED = (0, 500, 6_000)
    # Never bought anything.
    SILENT = (0, 0, 0)

    def amount(self, chance: random.Random) -> str:
        """What such a customer pays, to the cent."""
        _, least, most = self.value
        return price(chance.randint(least, most))


@dataclass(frozen=True)
class Shopper:
    """A customer the shop knows, with the traits that decide what they will do."""

    customer_id: str
    joined: date
    habit: Habit
    is_troubled: bool


def newcomer(customer_id: str, day: date, chance: random.Random, *, is_founder: bool) -> Shopper:
    """Somebody who signed up on this day, or, as a founder, long before the first landing file."""
    weights = (8, 12, 12, 33, 25, 10) if is_founder else (8, 12, 12, 50, 0, 18)
    habit = chance.choices(list(Habit), weights)[0]
    joined = day - timedelta(days=chance.randint(160, 500)) if is_founder else day
    is_troubled = habit in {Habit.LAPSED, Habit.SILENT} and day.day <= 10 and chance.random() < 0.35
    return Shopper(customer_id, joined, habit, is_troubled)


def described(shopper: Shopper, chance: random.Random) -> Row:
    """The customer as the shop keeps them, e-mail addresses as untidy as people type them."""
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    region = chance.choice(list(_CITIES))
    email = f"{first}.{last}.{shopper.customer_id[1:]}@Example.com"
    spelling = chance.choice((email, email.lower(), f" {email} ", f"{email.upper()}  ", email, None))
    return {
        "customer_id": shopper.customer_id,
        # Some systems write the family name first: a comma that only quotes keep together.
        "name": chance.choice((f"{first} {last}", f"{first} {last}", f"{last}, {first}")),
        "email": spelling,
        "signup_region": region,
        "signup_date": shopper.joined.isoformat(),
        "city": chance.choice(_CITIES[region]),
    }
