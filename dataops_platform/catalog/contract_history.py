"""This room's contract history: every contract that was in force at a crawl, and what changed from one to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import yaml

from dataops_platform.catalog.contract_changes import Change, changes
from dataops_platform.catalog.odcs import read, written
from dataops_platform.core.contract import Table
from dataops_platform.core.ports import ObjectStore
from dataops_platform.errors import PlatformError

_FOLDER = "catalog/contracts/"
_SUFFIX = ".odcs.yaml"
_MOMENT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class ContractChange:
    """What a contract promises otherwise since a moment; `at` is that of the first crawl that saw it."""

    at: datetime
    table: str
    changes: tuple[Change, ...]


def keep_contracts(tables: Sequence[Table], store: ObjectStore, at: datetime) -> None:
    """The export of each contract that is not the last one kept is in `catalog/contracts/`, named for the moment."""
    last = {name: keys[-1] for name, keys in _kept(store).items()}
    for table in tables:
        body = written(table).encode()
        ending = f"-{hashlib.sha256(body).hexdigest()[:12]}{_SUFFIX}"
        if not last.get(table.name, "").endswith(ending):
            store.create(f"{_FOLDER}{table.name}/{at.astimezone(UTC):{_MOMENT}}{ending}", body)


def contract_history(store: ObjectStore) -> list[ContractChange]:
    """Every change from one kept contract of a table to the next, newest first; one that is damaged is left out."""
    found = []
    for name, keys in _kept(store).items():
        several = keys if len(keys) > 1 else []  # most contracts have never changed, and need not be read
        kept = [(key, document) for key in several if (document := _document(store, key)) is not None]
        for (_, before), (key, after) in pairwise(kept):
            try:
                told = changes({name: before}, {name: after})
            except PlatformError:  # by hand, or by a version of this program that wrote other exports
                continue
            found += [ContractChange(_moment(key), name, tuple(told))] if told else []
    return sorted(found, key=lambda change: (change.at, change.table), reverse=True)


def _kept(store: ObjectStore) -> dict[str, list[str]]:
    """The keys of each table's contracts, oldest first."""
    found: dict[str, list[str]] = {}
    for key in _contracts(stored.key for stored in store.objects(_FOLDER)):
        found.setdefault(key.removeprefix(_FOLDER).partition("/")[0], []).append(key)
    return found


def _contracts(keys: Iterable[str]) -> list[str]:
    """Those of the keys that `keep_contracts` gave."""
    found = []
    for key in sorted(keys):
        try:
            _moment(key)
        except ValueError:
            continue
        found.append(key)
    return found


def _moment(key: str) -> datetime:
    """When a contract was first seen, as its key says.

    Raises:
        ValueError: it is no key of a contract.
    """
    moment, dash, rest = key.rpartition("/")[2].partition("-")
    if not (dash and rest.endswith(_SUFFIX)):
        raise ValueError(key)
    return datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)


def _document(store: ObjectStore, key: str) -> dict[str, object] | None:
    body = store.read(key)
    try:
        document = read(body.decode()) if body is not None else None
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    return document if isinstance(document, dict) else None
