"""This file holds a month in the life of a made-up shop, as its systems would report it without mistakes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from dataops_platform.demo.landing_file import Record, Row
from dataops_platform.demo.shoppers import Habit, Shopper, described, newcomer, price

DATES = tuple(date(2026, 6, 1) + timedelta(days=number) for number in range(30))

_GOODS = ("Lamp", "Kettle", "Desk", "Rug", "Mug", "Shelf", "Chair", "Clock", "Vase", "Blanket")
_SHELVES = (
    "lighting",
    "kitchen",
    "office",
    "textiles",
    "kitchen",
    "office",
    "office",
    "decor",
    "decor",
    None,
)
_PAYMENTS = ("card", "card", "card", "transfer", "voucher", "cash_on_delivery")
_EVENTS = ("page_view",) * 6 + ("search", "search", "add_to_cart", "checkout")
_NEW_PRODUCTS = {8: 3, 15: 4, 22: 2}
_NEW_PRICES = {10: 3, 15: 2, 24: 4}


@dataclass
class Shop:
    """The shop's state, moved forward one ingestion date at a time; the same seed gives the same month."""

    seed: int
    shoppers: list[Shopper] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    open_tickets: list[Row] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def reports(self) -> Iterator[tuple[str, date, list[Record]]]:
        """Table, ingestion date and rows: everything the source systems report in the month."""
        for day in DATES:
            for table in (customers, products, transactions, web_events, support_tickets):
                # A generator for each table and date: more rows in one leave all others as they are.
                rows = table(self, day, random.Random(f"{self.seed} {table.__name__} {day}"))
                if rows:
                    yield table.__name__, day, [Record(row) for row in rows]

    def next_id(self, letter: str, digits: int) -> str:
        """An identifier that was never given before."""
        self.counts[letter] = self.counts.get(letter, 0) + 1
        return f"{letter}{self.counts[letter]:0{digits}}"


def customers(shop: Shop, day: date, chance: random.Random) -> list[Row]:
    """Those who signed up: on the first date everyone so far, later the newcomers."""
    is_first = day == DATES[0]
    rows: list[Row] = []
    for _ in range(200 if is_first else chance.randint(22, 40)):
        shopper = newcomer(shop.next_id("C", 5), day, chance, is_founder=is_first)
        shop.shoppers.append(shopper)
        rows.append(described(shopper, chance))
    return rows


def products(shop: Shop, day: date, chance: random.Random) -> list[Row]:
    """The catalogue on the first date, later only what is new or has a new price."""
    repriced = chance.sample(range(len(shop.products)), _NEW_PRICES.get(day.day, 0))
    for index in repriced:
        shop.products[index] = shop.products[index] | {"price": price(chance.randint(300, 30_000))}
    new = [_product(shop, chance) for _ in range(100 if day == DATES[0] else _NEW_PRODUCTS.get(day.day, 0))]
    rows = [shop.products[index] for index in repriced] + new
    shop.products.extend(new)
    return rows


def _product(shop: Shop, chance: random.Random) -> Row:
    kind = chance.randrange(len(_GOODS))
    return {
        "product_id": shop.next_id("P", 4),
        "name": f"{_GOODS[kind]} {chance.choice(('Aalto', 'Breeze', 'Cirrus', 'Dune'))}",
        "category": _SHELVES[kind],
        "price": price(chance.randint(300, 30_000)),
    }


def transactions(shop: Shop, day: date, chance: random.Random) -> list[Row]:
    """Payments of the day and the day before; on the first dates also of customers who never came back."""
    weights = [shopper.habit.value[0] for shopper in shop.shoppers]
    buyers = [
        (shopper, None) for shopper in chance.choices(shop.shoppers, weights, k=chance.randint(122, 136))
    ]
    lapsed = [shopper for shopper in shop.shoppers if shopper.habit is Habit.LAPSED]
    long_ago = [(s, timedelta(days=chance.randint(40, 150))) for s in lapsed for _ in range(2)]
    share = long_ago[day.day - 1 :: 5] if day < DATES[5] else []
    rows = [_transaction(shop, shopper, day, ago, chance) for shopper, ago in [*buyers, *share]]
    chance.shuffle(rows)
    return rows


def _transaction(
    shop: Shop, shopper: Shopper, day: date, ago: timedelta | None, chance: random.Random
) -> Row:
    paid = day - (timedelta(days=chance.choice((0, 0, 0, 1))) if ago is None else ago)
    return {
        "customer_id": shopper.customer_id,
        "transaction_id": shop.next_id("T", 6),
        "transaction_date": max(paid, shopper.joined).isoformat(),
        "amount": shopper.habit.amount(chance),
        "payment_type": chance.choice(_PAYMENTS),
        "product_id": chance.choice(shop.products)["product_id"],
    }


def web_events(shop: Shop, day: date, chance: random.Random) -> list[Row]:
    """What visitors did on the site; some had not signed in."""
    return [
        {
            "event_id": shop.next_id("E", 6),
            "customer_id": chance.choice(shop.shoppers).customer_id if chance.random() < 0.94 else None,
            "event_type": chance.choice(_EVENTS),
            "event_date": day.isoformat(),
        }
        for _ in range(chance.randint(280, 320))
    ]


def support_tickets(shop: Shop, day: date, chance: random.Random) -> list[Row]:
    """Requests for help, and earlier ones that are closed now; the shop leaves a few people waiting."""
    answered = _drawn(shop.open_tickets, chance.randint(1, 4), chance)
    closed = [ticket | {"status": "CLOSED"} for ticket in answered]
    troubled = [shopper for shopper in shop.shoppers if shopper.is_troubled]
    new = []
    for _ in range(chance.randint(10, 15)):
        is_troubled = chance.random() < 0.45
        asker = chance.choice(troubled if is_troubled else shop.shoppers)
        status = "OPEN" if asker.is_troubled else chance.choice(("OPEN", "OPEN", "PENDING", "CLOSED"))
        ticket: Row = {
            "ticket_id": shop.next_id("S", 5),
            "customer_id": asker.customer_id,
            "status": status,
            "opened_date": day.isoformat(),
        }
        new.append(ticket)
        if status == "OPEN" and not asker.is_troubled:
            shop.open_tickets.append(ticket)
    return closed + new


def _drawn(pool: list[Row], count: int, chance: random.Random) -> list[Row]:
    """Up to `count` of the pool, which has them no more."""
    return [pool.pop(chance.randrange(len(pool))) for _ in range(min(count, len(pool)))]
