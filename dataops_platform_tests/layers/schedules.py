"""This file holds random schedules: orders of landing, and what is run, said and broken off in between."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

CUSTOMERS = "customer_id,name,signup_region\n"
PAYMENTS = "customer_id,transaction_id,transaction_date,amount\n"
EVENTS = "event_id,customer_id,event_date\n"
TICKETS = "ticket_id,customer_id,status\n"
TWICE = PAYMENTS + "c2,t4,2026-01-02,7\n" * 2
FIRST, LAST = 2, 6


@dataclass(frozen=True)
class Landing:
    """A file lands under a key, over the one that was there."""

    table: str
    number: int
    text: str
    name: str = "a.csv"


@dataclass(frozen=True)
class Sync:
    """`dataops sync`, or as much of it as is done before the process dies at `place`."""

    place: str = ""
    times: int = 1


@dataclass(frozen=True)
class RangeRun:
    """A run that a person starts for some assets and dates."""

    keys: tuple[str, ...]
    first: int
    last: int
    place: str = ""
    times: int = 1


@dataclass(frozen=True)
class ContractChange:
    """From now on transactions are judged by another contract."""


@dataclass(frozen=True)
class Replay:
    """Dates that another contract judged are to be judged again: these, or all."""

    numbers: tuple[int, ...] | None


@dataclass(frozen=True)
class Release:
    """Whatever is refused of transactions is released."""


Act = Landing | Sync | RangeRun | ContractChange | Replay | Release

#: What each key holds in the end. One date is refused whatever comes before and after.
FINAL = (
    Landing("customers", 2, CUSTOMERS + "c1,Ana,SP\nc2,Bo,RJ\n"),
    Landing("customers", 4, CUSTOMERS + "c1,Ana Maria,SP\n"),
    Landing("transactions", 2, PAYMENTS + "c1,t1,2026-01-01,600\nc1,t2,2026-01-01,x\n"),
    Landing("transactions", 2, PAYMENTS + "c2,t3,2026-01-01,1\n", "b.csv"),
    Landing("transactions", 3, TWICE),
    Landing("transactions", 4, PAYMENTS + "c2,t5,2026-01-03,1.00\nc2,t6,2026-01-03,400\n"),
    Landing("transactions", 5, PAYMENTS + "c1,t1,2026-01-01,550\n"),
    Landing("web_events", 3, EVENTS + "e1,c1,2026-01-02\n"),
    Landing("support_tickets", 6, TICKETS + "s1,c2,OPEN\n"),
)
#: What some keys may hold before: fewer rows, other rows, refused ones.
EARLIER = (
    Landing("customers", 2, CUSTOMERS + "c9,Nobody,SP\n"),
    Landing("transactions", 2, TWICE, "b.csv"),
    Landing("transactions", 4, PAYMENTS + "c2,t5,2026-01-03,3.00\n"),
    Landing("transactions", 5, TWICE),
)
_TABLES = ("bronze/transactions", "quarantine/transactions", "silver/transactions", "gold/customer_360")
#: Where a process may die: within each write and right after it, while rows are staged, before an object's companion.
PLACES = [f"{when} replace {table}" for table in reversed(_TABLES) for when in ("amid", "after")]
PLACES += ["after append observability/verdicts", "after stage", "after create"]
_JUDGED = ("silver/transactions", "quarantine/transactions")
_SELECTIONS = [
    ("bronze/transactions",),
    ("silver/transactions",),
    _JUDGED,
    ("bronze/transactions", *_JUDGED),
    ("bronze/transactions", *_JUDGED, "gold/customer_360"),
    ("bronze/customers", "silver/customers", "quarantine/customers"),
    ("gold/customer_360",),
]

_places = st.one_of(st.just(""), st.sampled_from(PLACES))
_times = st.integers(1, 4)
_numbers = st.integers(FIRST, LAST)


@st.composite
def _range_runs(draw: st.DrawFn) -> RangeRun:
    first, last = sorted((draw(_numbers), draw(_numbers)))
    return RangeRun(draw(st.sampled_from(_SELECTIONS)), first, last, draw(_places), draw(_times))


_acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(Sync, _places, _times),
    _range_runs(),
    st.just(ContractChange()),
    st.builds(Replay, st.none() | st.tuples(_numbers)),
    st.just(Release()),
)


@st.composite
def schedules(draw: st.DrawFn) -> list[Act]:
    """Everything lands, some keys twice and the final text last; up to eight other acts are strewn in between."""
    earlier = draw(st.lists(st.sampled_from(EARLIER), unique=True))
    landings = [*draw(st.permutations(FINAL))]
    for before in earlier:
        [final] = [i for i, one in enumerate(landings) if _key(one) == _key(before)]
        landings.insert(draw(st.integers(0, final)), before)
    schedule: list[Act] = list(landings)
    for act in draw(st.lists(_acts, min_size=3, max_size=8)):
        schedule.insert(draw(st.integers(1, len(schedule))), act)
    return schedule


def _key(landing: Landing) -> tuple[str, int, str]:
    return landing.table, landing.number, landing.name
