"""The landing area the benchmarks read: one ingestion date, seeded, the same rows on every machine."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.synthetic_columns import blanks, days, drawn, ids, money, nulls, skewed, some

INGESTION_DATE = "2024-01-01"
CRITICAL_COLUMNS = {
    "customers": ("customer_id",),
    "products": ("product_id",),
    "transactions": ("customer_id", "transaction_id", "transaction_date", "amount"),
    "web_events": ("event_id",),
    "support_tickets": ("ticket_id",),
}
NULL_RATIO = 0.001
DUPLICATE_RATIO = 0.005
ROWS_PER_FILE = 500_000

_LAYOUT = 1  # part of the cache folder's name: raise it when the generated rows change
_REGIONS = ("north", "south", "east", "west", "centre", "islands", "abroad", "online")
_FIRST = ("Ana", "Bram", "Chloe", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ivo", "Júlia")
_LAST = ("Novak", "Silva", "Okafor", "Jansen", "Rossi", "Yilmaz", "Schmidt", "Haddad", "Kowalski", "Lee")
_CITIES = tuple(f"{place} {part}" for place in _LAST for part in ("Bay", "Hill", "Park", "Quay"))
_EVENTS = ("page_view", "search", "add_to_cart", "checkout", "login", "wishlist")
_PAYMENTS = ("card", "cash", "transfer", "voucher", "wallet")


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows land in each table, duplicates and incomplete rows included."""

    customers: int
    products: int
    transactions: int
    web_events: int
    support_tickets: int

    @classmethod
    def of(cls, rows: float) -> "Size":
        """The full workload multiplied by `rows`."""
        full = (100_000, 2_000, 2_000_000, 3_000_000, 50_000)
        return cls(*(max(100, round(count * rows)) for count in full))


def landing_area(cache: Path, *, rows: float) -> Path:
    """The folder with the landed files of `rows` times the full workload; made on the first call only."""
    landing = cache / f"landing-v{_LAYOUT}-rows-{rows:g}"
    if not landing.exists():
        unfinished = landing.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for table, content in _tables(Size.of(rows)):
            _land(content, unfinished / table / f"dt={INGESTION_DATE}")
        unfinished.rename(landing)
    return landing


def _land(content: pa.Table, folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, start in enumerate(range(0, content.num_rows, ROWS_PER_FILE)):
        part = content.slice(start, ROWS_PER_FILE)
        pq.write_table(part, folder / f"part-{number:04}.parquet", row_group_size=ROWS_PER_FILE // 4)


def _tables(size: Size) -> Iterable[tuple[str, pa.Table]]:
    """Each table with its defects. Activity belongs to sound customers only, so that no spend is orphaned."""
    buyers = size.customers - _defects(size.customers, DUPLICATE_RATIO) - _defects(size.customers, NULL_RATIO)
    sound = {
        "customers": _customers(_unique_rows(size.customers), np.random.default_rng(1)),
        "products": _products(_unique_rows(size.products), np.random.default_rng(2)),
        "transactions": _transactions(_unique_rows(size.transactions), buyers, np.random.default_rng(3)),
        "web_events": _web_events(_unique_rows(size.web_events), buyers, np.random.default_rng(4)),
        "support_tickets": _support_tickets(
            _unique_rows(size.support_tickets), buyers, np.random.default_rng(5)
        ),
    }
    for seed, (table, content) in enumerate(sound.items(), start=11):
        copies = getattr(size, table) - content.num_rows
        yield table, _with_defects(content, copies, CRITICAL_COLUMNS[table], np.random.default_rng(seed))


def _customers(count: int, rng: np.random.Generator) -> pa.Table:
    number = ids("", np.arange(count), 1)
    first, last = drawn(_FIRST, count, rng), drawn(_LAST, count, rng)
    email = pc.binary_join_element_wise(first, ".", last, number, "@Example.COM", "")
    email = pc.if_else(some(count, 0.3, rng), pc.utf8_upper(email), email)
    return pa.table(
        {
            "customer_id": ids("C", np.arange(count), 8),
            "name": blanks(pc.binary_join_element_wise(first, last, " "), rng),
            "email": nulls(blanks(email, rng), some(count, 0.02, rng)),
            "signup_region": blanks(drawn(_REGIONS, count, rng), rng),
            "signup_date": days("2021-01-01", 1095, count, rng),
            "city": blanks(drawn(_CITIES, count, rng), rng),
        }
    )


def _products(count: int, rng: np.random.Generator) -> pa.Table:
    return pa.table(
        {
            "product_id": ids("P", np.arange(count), 6),
            "name": blanks(ids("Product ", np.arange(count), 1), rng),
            "category": blanks(drawn(_CITIES[:20], count, rng), rng),
            "price": money(rng.integers(99, 50_000, count)),
        }
    )


def _transactions(count: int, buyers: int, rng: np.random.Generator) -> pa.Table:
    return pa.table(
        {
            "customer_id": ids("C", skewed(buyers, count, 0.5, rng), 8),
            "transaction_id": ids("T", np.arange(count), 9),
            "transaction_date": days("2023-01-01", 365, count, rng),
            "amount": money(rng.lognormal(7.6, 0.9, count).astype(np.int64)),
            "payment_type": blanks(drawn(_PAYMENTS, count, rng), rng),
            "product_id": ids("P", rng.integers(0, 1_900, count), 6),
        }
    )


def _web_events(count: int, buyers: int, rng: np.random.Generator) -> pa.Table:
    visitor = ids("C", skewed(buyers, count, 0.8, rng), 8)
    return pa.table(
        {
            "event_id": ids("E", np.arange(count), 10),
            "customer_id": nulls(visitor, some(count, 0.1, rng)),  # nobody signed in
            "event_type": blanks(drawn(_EVENTS, count, rng), rng),
            "event_date": days("2023-01-01", 365, count, rng),
        }
    )


def _support_tickets(count: int, buyers: int, rng: np.random.Generator) -> pa.Table:
    return pa.table(
        {
            "ticket_id": ids("S", np.arange(count), 8),
            "customer_id": ids("C", skewed(buyers, count, 0.1, rng), 8),
            "status": blanks(drawn(("OPEN", "CLOSED", "PENDING"), count, rng), rng),
            "opened_date": days("2023-01-01", 365, count, rng),
        }
    )


def _defects(count: int, ratio: float) -> int:
    return max(1, round(count * ratio))


def _unique_rows(count: int) -> int:
    return count - _defects(count, DUPLICATE_RATIO)


def _with_defects(
    content: pa.Table, copies: int, critical: tuple[str, ...], rng: np.random.Generator
) -> pa.Table:
    """The rows in random order, `copies` of them landed twice; of each critical column some values are missing."""
    count = content.num_rows
    lacking_rows = _defects(count, NULL_RATIO)
    for place, column in enumerate(critical):
        lacking = np.zeros(count, dtype=bool)
        lacking[count - (place + 1) * lacking_rows : count - place * lacking_rows] = True
        content = content.set_column(
            content.column_names.index(column), column, nulls(content[column].combine_chunks(), lacking)
        )
    complete = count - lacking_rows * len(critical)
    twice = rng.choice(complete, copies, replace=False)
    return content.take(pa.array(rng.permutation(np.concatenate([np.arange(count), twice]))))
