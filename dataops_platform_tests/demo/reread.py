"""This file holds a second reading of the demo's files, by other means than made or will load them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import pandas as pd

from dataops_platform.demo.shop import Sample, SampleFile

KEYS = {
    "customers": ("customer_id",),
    "transactions": ("customer_id", "transaction_id"),
    "products": ("product_id",),
    "web_events": ("event_id",),
    "support_tickets": ("ticket_id",),
}
REQUIRED = KEYS | {"transactions": ("customer_id", "transaction_id", "transaction_date", "amount")}
DATE_COLUMNS = {"signup_date", "transaction_date", "event_date", "opened_date"}
MONEY_COLUMNS = {"amount", "price"}
UNREADABLE: dict[str, str | None] = {}


@dataclass
class Row:
    """A row of a file; `values` is empty where the line could not be read."""

    table: str
    day: date
    values: dict[str, str | None]
    reasons: list[str]


def rows(sample: Sample, *, after_wave: int = 2) -> list[Row]:
    """Every row of the latest version of each file, with all the checks it breaks."""
    latest = {file.key: file for file in sample.files if file.wave <= after_wave}
    found = [
        Row(*partition_of(file), values, [])
        for file in latest.values()
        for values in values_in(file.key, file.body)
    ]
    partitions: dict[tuple[str, date], list[Row]] = {}
    for row in found:
        row.reasons += own_reasons(row)
        partitions.setdefault((row.table, row.day), []).append(row)
    for partition in partitions.values():
        judge(partition)
    return found


def partition_of(file: SampleFile) -> tuple[str, date]:
    table, day, _ = file.key.split("/")
    return table, date.fromisoformat(day.removeprefix("dt="))


def values_in(key: str, body: bytes) -> Iterator[dict[str, str | None]]:
    if key.endswith(".parquet"):
        for found in pd.read_parquet(io.BytesIO(body)).astype(object).to_dict("records"):
            yield {str(name): None if pd.isna(value) else str(value) for name, value in found.items()}
        return
    text = (gzip.decompress(body) if key.endswith(".gz") else body).decode()
    if ".jsonl" in key:
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                yield UNREADABLE
        return
    header, *lines = csv.reader(io.StringIO(text))
    for fields in lines:
        sound = len(fields) == len(header)
        yield {n: v or None for n, v in zip(header, fields, strict=True)} if sound else UNREADABLE


def own_reasons(row: Row) -> list[str]:
    if not row.values:
        return ["row_is_readable"]
    absent = [f"{name}_is_present" for name in REQUIRED[row.table] if row.values[name] is None]
    invalid = [
        f"{name}_is_valid"
        for name, value in row.values.items()
        if value is not None
        and ((name in DATE_COLUMNS and not is_date(value)) or (name in MONEY_COLUMNS and not is_money(value)))
    ]
    return absent + invalid


def is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_money(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount >= 0 and amount == round(amount, 2)


def judge(partition: list[Row]) -> None:
    """Add what rows break together: of one key all but the last, and the limits of the whole partition."""
    table, count = partition[0].table, len(partition)
    last: dict[tuple[str | None, ...], Row] = {}
    repeated: Counter[tuple[str | None, ...]] = Counter()
    for row in partition:
        key = tuple(row.values.get(name) for name in KEYS[table])
        if None in key:
            continue
        if key in last:
            last[key].reasons.append("key_is_unique")
            repeated[key] += 1
        last[key] = row
    nulls = max(sum(f"{name}_is_present" in row.reasons for row in partition) for name in REQUIRED[table])
    if (count > 100 and nulls / count > 0.10) or len(repeated) / count > 0.05:
        for row in partition:
            row.reasons.append("partition_is_accepted")


def health_scores(found: Iterable[Row], as_of: date) -> Counter[int]:
    """How many customers have which score, by the rules of customer_360 on the sound rows."""
    sound = sorted((row for row in found if not row.reasons), key=lambda row: row.day)
    latest = {(row.table, *(row.values[name] for name in KEYS[row.table])): row.values for row in sound}
    tables = {name: [values for (table, *_), values in latest.items() if table == name] for name in KEYS}
    paid: dict[str | None, list[tuple[Decimal, str]]] = {}
    for payment in tables["transactions"]:
        amount, day = Decimal(payment["amount"] or ""), payment["transaction_date"] or ""
        paid.setdefault(payment["customer_id"], []).append((amount, day))
    waiting = Counter(t["customer_id"] for t in tables["support_tickets"] if t["status"] == "OPEN")
    ids = [customer["customer_id"] for customer in tables["customers"]]
    return Counter(score(paid.get(who, []), waiting[who], as_of) for who in ids)


def score(paid: list[tuple[Decimal, str]], waiting: int, as_of: date) -> int:
    spend = sum(amount for amount, _ in paid)
    if spend > 500:
        return 100 if spend > 1000 else 80
    if len(paid) > 5:
        return 60
    if any((as_of - date.fromisoformat(day)).days < 30 for _, day in paid):
        return 40
    return 20 if waiting > 3 else 30
