"""This file holds a contract of payments that tests change, and its export as it is read back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandera.pandas as pandera

from dataops_platform.catalog.contract_changes import changes
from dataops_platform.catalog.odcs import Document, read, written
from dataops_platform.core.contract import Date, Money, Table, TableContract
from dataops_platform.core.rules import Waiver


def payments(**changes: Any) -> Table:
    """A table of payments, with some of its promises changed."""
    promises: dict[str, Any] = {
        "name": "payments",
        "description": "One row for each payment.",
        "owner": "team:sales",
        "key": ("payment_id",),
        "event_date": "paid_on",
        "columns": with_columns(),
    }
    return Table(TableContract(**{**promises, **changes}), lambda rows: rows)


def with_columns(**columns: pandera.Column) -> dict[str, pandera.Column]:
    """The columns of payments, with some of them changed or added."""
    return {
        "payment_id": pandera.Column(str, nullable=False),
        "paid_on": pandera.Column(Date, nullable=True),
        "amount": pandera.Column(Money, nullable=True),
        "status": pandera.Column(str, nullable=True),
        **columns,
    }


def without(name: str) -> dict[str, pandera.Column]:
    """The columns of payments but one."""
    return {column: declared for column, declared in with_columns().items() if column != name}


def waiver(**changes: Any) -> Waiver:
    """Somebody answers for the amounts."""
    told = {
        "check": "key_is_unique",
        "owner": "team:sales",
        "until": date(2026, 1, 31),
        "reason": "a merger",
    }
    return Waiver(**{**told, **changes})


def exported(table: Table) -> Document:
    """The table's export, written and read."""
    return read(written(table))


def told(before: Table, after: Table) -> list[tuple[str, str]]:
    """Each change between two tables of one name, its kind and its text, but for the version."""
    found = changes({"payments": exported(before)}, {"payments": exported(after)})
    return [(change.kind, change.text) for change in found if not change.text.startswith("version ")]
