"""This file holds the mistakes that are planted in the made-up shop's landing files, and how."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dataops_platform.demo.landing_file import Kind, LandingFile, Record, csv_line, json_line
from dataops_platform.demo.shop_life import DATES

Partitions = Mapping[tuple[str, date], Sequence[Record]]

_FORMATS = {
    "customers": "csv",
    "transactions": "csv",
    "products": "parquet",
    "web_events": "jsonl",
    "support_tickets": "jsonl",
}
REFUSED = ("transactions", DATES[17])
_LATE = ("transactions", DATES[4])
_OVERWRITTEN = ("transactions", DATES[11])
# Dates whose rows come in two files, and how many rows of the first are sent again with the second.
_IN_TWO_FILES = {("transactions", DATES[9]): 2, ("web_events", DATES[19]): 3}
_LATE_ROWS = 28
_MENDED_ROWS = 6
_SATURDAY = 5


@dataclass(frozen=True)
class Spoilt:
    """For each value one row that has it in a column: None for a null, else what does not convert."""

    table: str
    day: int
    kind: Kind
    column: str
    values: tuple[str | None, ...]


@dataclass(frozen=True)
class Repeated:
    """Rows that occur twice in one file."""

    table: str
    day: int
    rows: int


@dataclass(frozen=True)
class Ragged:
    """Lines that are no row: in CSV one with a field too many and one with too few, in JSON one cut off."""

    table: str
    day: int


_PLAN: tuple[Spoilt | Repeated | Ragged, ...] = (
    Spoilt("transactions", 2, "null", "customer_id", (None, None)),
    Spoilt("transactions", 13, "null", "customer_id", (None, None, None)),
    Spoilt("support_tickets", 8, "null", "ticket_id", (None,)),
    Spoilt("customers", 16, "null", "customer_id", (None,)),
    Spoilt("transactions", 3, "bad_amount", "amount", ("12,5O", "n/a")),
    Spoilt("transactions", 21, "bad_amount", "amount", ("n/a", "-4.50", "19.999")),
    Spoilt("products", 1, "bad_amount", "price", ("-1.00", "-12.90")),
    Spoilt("transactions", 6, "bad_date", "transaction_date", ("2026-02-31", "31/06/2026")),
    Spoilt("web_events", 14, "bad_date", "event_date", ("2026-02-31", "31/06/2026", "yesterday")),
    Spoilt("customers", 7, "bad_date", "signup_date", ("31/06/2026",)),
    Spoilt("support_tickets", 23, "bad_date", "opened_date", ("2026-02-31",)),
    Repeated("transactions", 4, 3),
    Repeated("customers", 1, 4),
    Repeated("web_events", 11, 5),
    Ragged("transactions", 20),
    Ragged("customers", 25),
    Ragged("web_events", 26),
)


def landing_files(partitions: Partitions, seed: int) -> list[LandingFile]:
    """The files of both waves, in order of landing, with every planned defect in them."""
    chance = random.Random(f"{seed} defects")
    rows = {partition: list(records) for partition, records in partitions.items()}
    _refuse(rows[REFUSED], chance)
    for planned in _PLAN:
        _plant(planned, rows[planned.table, DATES[planned.day - 1]], chance)
    late = [rows[_LATE].pop(chance.randrange(len(rows[_LATE]))) for _ in range(_LATE_ROWS)]
    files = [
        file for (table, day), records in rows.items() for file in _first_wave(table, day, records, chance)
    ]
    files += [LandingFile(*_LATE, name="transactions_late.csv", records=tuple(late), wave=2)]
    files += [replace(file, wave=2) for file in files if (file.table, file.day) == _OVERWRITTEN]
    files = [_before_it_was_mended(file, chance) if file.wave == 1 else file for file in files]
    return sorted(files, key=lambda file: (file.wave, file.day, file.key))


def _refuse(records: list[Record], chance: random.Random) -> None:
    """A quarter of the rows has lost its customer: more than the contract lets pass."""
    for index in chance.sample(range(len(records)), len(records) // 4):
        records[index] = records[index].changed("customer_id", None, "null")


def _plant(planned: Spoilt | Repeated | Ragged, records: list[Record], chance: random.Random) -> None:
    match planned:
        case Spoilt(_, _, kind, column, values):
            for value in values:
                index = _any_untouched(records, chance)
                records[index] = records[index].changed(column, value, kind)
        case Repeated(_, _, count):
            for _ in range(count):
                original, copy = _sent_again(records, chance)
                records.insert(chance.randint(original + 1, len(records)), copy)
        case Ragged(table):
            for form in (_cut_off,) if _FORMATS[table] == "jsonl" else (_too_long, _too_short):
                index = _any_untouched(records, chance)
                line = form(records[index].values)
                records[index] = replace(
                    records[index], kind="ragged_line", check="row_is_readable", line=line
                )


def _any_untouched(records: Sequence[Record], chance: random.Random) -> int:
    return chance.choice([index for index, record in enumerate(records) if record.is_untouched])


def _sent_again(records: list[Record], chance: random.Random) -> tuple[int, Record]:
    """The place of a row and its copy, which lands later: of rows that share a key the last one counts."""
    index = _any_untouched(records, chance)
    copy = replace(records[index], has_twin=True)
    records[index] = replace(records[index], kind="duplicate", check="key_is_unique")
    return index, copy


def _too_long(values: Mapping[str, str | None]) -> str:
    return csv_line([*values.values(), "?"])


def _too_short(values: Mapping[str, str | None]) -> str:
    return csv_line(list(values.values())[:-2])


def _cut_off(values: Mapping[str, str | None]) -> str:
    line = json_line(values)
    return line[: len(line) // 2]


def _first_wave(table: str, day: date, records: list[Record], chance: random.Random) -> Iterator[LandingFile]:
    ending = _FORMATS[table]
    if table == "web_events" and day.weekday() >= _SATURDAY:
        ending += ".gz"
    parts = [records]
    if again := _IN_TWO_FILES.get((table, day)):
        half = len(records) // 2
        parts = [records[:half], records[half:]]
        parts[1] += [_sent_again(parts[0], chance)[1] for _ in range(again)]
    for number, part in enumerate(parts, 1):
        name = table if number == 1 else f"{table}_{number}"
        yield LandingFile(table, day, f"{name}.{ending}", tuple(part))


def _before_it_was_mended(file: LandingFile, chance: random.Random) -> LandingFile:
    """The file as it landed first, where a later version mends it."""
    if (file.table, file.day) != _OVERWRITTEN:
        return file
    records = list(file.records)
    for _ in range(_MENDED_ROWS):
        index = _any_untouched(records, chance)
        records[index] = records[index].changed("amount", "n/a", "bad_amount")
    return replace(file, records=tuple(records))
