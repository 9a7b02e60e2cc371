"""This room's templates: how pages write texts, numbers and moments, whoever they come from."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from dataops_platform.catalog.page_table import PageTable, slug

ROOM, FOLDER = "dataops_platform.catalog", "site"
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1_000


def templates() -> jinja2.Environment:
    """The pages' templates, in which every text is escaped and can be seen."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(ROOM, FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
    )
    told = {"size": _size, "count": _count, "moment": _moment, "slug": slug, "age": _age, "in_url": _in_url}
    environment.filters |= told
    return environment


def visible(value: Any) -> Any:
    """A text in which each character can be seen: what turns writing around or moves a cursor is told by its code."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(
        char if char.isprintable() or char in "\n " else f"⟨{ord(char):04X}⟩"
        for char in unicodedata.normalize("NFC", value)
    )


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _size(value: int | None) -> str:
    if value is None:
        return "unknown"
    number, unit = float(value), 0
    while number >= _STEP and unit < len(_UNITS) - 1:
        number, unit = number / _STEP, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"


def _moment(value: str | date | None) -> str:
    """A moment as people read it, in UTC."""
    return str(value)[:16].replace("T", " ") if value else "unknown"


def _age(table: PageTable) -> str:
    hours = int(table.age.total_seconds() // 3600) if table.age else 0
    return f"{hours // 24} days" if hours >= 72 else f"{hours} hours"  # noqa: PLR2004  # from three days on nobody counts hours


def _in_url(value: str) -> str:
    """A text as a part of an address."""
    return quote(value, safe="")
