"""Landed orders as bronze keeps them, all text: one row in a hundred is broken, one in a thousand landed twice."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.rules_table import DOMAINS, STATUSES, orders
from benchmarks.synthetic_columns import Numbers, blanks, days, drawn, ids, money, nulls, some
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.layers.schemas import bronze_schema
from dataops_platform.resources.lake import DeltaLake

BRONZE = "bronze/orders"
ROWS_A_DATE = 2_000_000
_ROWS_AN_OBJECT = 500_000
_LAYOUT = 1  # part of the cache folder's name: raise it when the generated rows change
_FIRST = ("ana", "bram", "chloe", "dmitri", "elif", "farah", "goran", "hana", "ivo", "joan")
_LAST = ("novak", "silva", "okafor", "jansen", "rossi", "yilmaz", "schmidt", "haddad", "kowalski", "lee")


def dates_of(rows: int) -> Sequence[date]:
    """The ingestion dates that so many rows landed on."""
    return [date(2024, 1, 1) + timedelta(number) for number in range(max(1, round(rows / ROWS_A_DATE)))]


def quarantined(rows: int) -> int:
    """How many of so many rows are broken, or gave way to a later one of the same key."""
    objects = (_count(rows, day, number) for day in dates_of(rows) for number in _numbers(rows))
    return sum(_broken(count) + _twice(count) for count in objects)


def landed(cache: Path, rows: int) -> Path:
    """The lake folder that has these rows in bronze; made on the first call only."""
    lake = cache / f"rules-v{_LAYOUT}-rows-{rows}"
    if not lake.exists():
        unfinished = lake.with_suffix(".unfinished")
        DeltaLake(str(unfinished), EmbeddedEngine()).replace(BRONZE, _Landed(rows), dates_of(rows))
        unfinished.rename(lake)
    return lake


class _Landed:
    """The rows on their way into the lake."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.schema = bronze_schema(orders(0).contract)

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """Four objects of each date, one after the other."""
        return pa.RecordBatchReader.from_batches(self.schema, self._batches(dates))

    def _batches(self, dates: Sequence[date]) -> Iterator[pa.RecordBatch]:
        for day in dates:
            for number in _numbers(self._rows):
                count = _count(self._rows, day, number)
                yield from _object(day, number, count).cast(self.schema).to_batches(max_chunksize=64_000)


def _numbers(rows: int) -> range:
    return range(-(-rows // (len(dates_of(rows)) * _ROWS_AN_OBJECT)))


def _count(rows: int, day: date, number: int) -> int:
    """Rows of one object: all have the same but for a remainder, which is the first one's."""
    objects = len(dates_of(rows)) * len(_numbers(rows))
    return rows // objects + (rows % objects if (day, number) == (dates_of(rows)[0], 0) else 0)


def _broken(count: int) -> int:
    return count // 100


def _twice(count: int) -> int:
    return count // 1000


def _object(day: date, number: int, count: int) -> pa.Table:
    """The rows of one landed object, in random order."""
    rng = np.random.default_rng([day.toordinal(), number])
    content = _with_defects(_sound(number, count, rng), _broken(count), rng)
    content = content.take(pa.array(rng.permutation(count)))
    text = pa.repeat(pa.scalar(None, pa.string()), count)
    provenance = {
        **dict.fromkeys(("_rescued", "_corrupt_record", "_absent"), text),
        "_source_object": pa.repeat(f"/landing/orders/dt={day}/orders-{number}.csv", count),
        "_position": pa.array(np.arange(1, count + 1)),
        "_ingested_at": pa.repeat(
            pa.scalar(datetime.combine(day, time(6), UTC), pa.timestamp("us", tz="UTC")), count
        ),
        "ingestion_date": pa.repeat(pa.scalar(day, pa.date32()), count),
    }
    for name, values in provenance.items():
        content = content.append_column(name, values)
    return content


def _sound(number: int, count: int, rng: np.random.Generator) -> pa.Table:
    """Rows that keep every rule; the last few have the keys of others, none of which gets a defect."""
    order = np.arange(count) + number * 10_000_000
    twice, broken = _twice(count), _broken(count)
    order[count - twice :] = order[broken : broken + twice]
    name = pc.binary_join_element_wise(drawn(_FIRST, count, rng), drawn(_LAST, count, rng), ".")
    mailbox = pc.binary_join_element_wise(name, _text(order % 100_000), "")
    email = pc.binary_join_element_wise(mailbox, drawn(DOMAINS, count, rng), "@")
    phone = ids("+49 30 ", rng.integers(0, 9_999_999, count), 7)
    status = pc.utf8_lower(drawn(STATUSES, count, rng))
    return pa.table(
        {
            "order_id": ids("O", order, 10),
            "email": blanks(email, rng),
            "phone": nulls(phone, some(count, 0.1, rng)),
            "status": blanks(status, rng),
            "quantity": _text(rng.integers(1, 100, count)),
            "points": _text(rng.integers(0, 10_000, count)),
            "price": pc.cast(money(rng.integers(1, 100_000, count)), pa.string()),
            "tax": nulls(pc.cast(money(rng.integers(0, 10_000, count)), pa.string()), some(count, 0.05, rng)),
            "ordered_date": days("2023-01-01", 365, count, rng),
            "shipped_date": nulls(days("2023-01-01", 396, count, rng), some(count, 0.2, rng)),
        }
    )


def _with_defects(content: pa.Table, broken: int, rng: np.random.Generator) -> pa.Table:
    """The first `broken` rows have one wrong value each, in one of six columns."""
    wrong = {
        "email": pa.repeat("nobody", broken),
        "status": pa.repeat("lost", broken),
        "quantity": _text(rng.integers(-50, 0, broken)),
        "points": pa.repeat("many", broken),
        "price": pc.cast(money(rng.integers(-5_000, 0, broken)), pa.string()),
        "ordered_date": days("1999-01-01", 365, broken, rng),
    }
    struck = np.arange(content.num_rows) % len(wrong)
    struck[broken:] = -1
    for turn, (column, values) in enumerate(wrong.items()):
        place = content.column_names.index(column)
        replaced = pc.replace_with_mask(
            content[column].combine_chunks(), pa.array(struck == turn), values.filter(struck[:broken] == turn)
        )
        content = content.set_column(place, column, replaced)
    return content


def _text(numbers: Numbers) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())
