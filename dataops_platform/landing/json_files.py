"""This file holds the reading of JSON: lines of objects, or one array of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa

from dataops_platform.core.contract import TableContract
from dataops_platform.landing.parsed import LONGEST_LINE, Parsed, assembled

_LONG_NUMBER = re.compile(r"\d[\d.]{15,}")


def read_json(text: str, contract: TableContract) -> Parsed:
    """The rows of JSON lines or of a JSON array; numbers keep every digit."""
    broken: list[tuple[int, str]] = []
    records: list[Mapping[str, Any]] = []
    for position, (found, raw) in enumerate(_json_records(text), 1):
        if isinstance(found, dict):
            records.append(found)
        else:
            broken.append((position, f"line is no JSON object: {raw[:LONGEST_LINE]}"))
    names = dict.fromkeys(name for record in records for name in record)
    nulls = set(contract.null_values)
    named = {name: pa.chunked_array([_texts((r.get(name) for r in records), nulls)]) for name in names}
    return assembled(named, len(records), contract, broken=broken)


def _json_records(text: str) -> Iterable[tuple[Any, str]]:
    if text.lstrip().startswith("["):
        try:
            for found in _loaded(text):
                yield found, str(type(found).__name__)
        except ValueError:
            yield None, "the array is cut off or malformed"
        return
    for line in text.split("\n"):
        if line.strip():
            try:
                yield _loaded(line), line
            except ValueError:
                yield None, line


def _loaded(text: str) -> Any:
    """The value of a JSON text; numbers too long for a double keep every digit."""
    if _LONG_NUMBER.search(text) is None:
        return orjson.loads(text)
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _texts(values: Iterable[Any], nulls: set[str]) -> pa.Array:
    texts = (v if v is None or isinstance(v, str) else _json_text(v) for v in values)
    return pa.array((None if text in nulls else text for text in texts), pa.string())


def _json_text(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else orjson.dumps(value, default=str).decode()
