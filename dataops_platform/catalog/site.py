"""This room's site: static pages about every table, which need no server and nothing from elsewhere."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from dataops_platform.catalog.crawl import Document
from dataops_platform.catalog.history import TableHistory
from dataops_platform.catalog.page_table import PageTable, slug
from dataops_platform.catalog.pictures import lineage_picture

#: `<layer>/<name>.<column>` → the columns it is made from.
Lineage = Mapping[str, Sequence[str]]
_ROOM, _FOLDER = "dataops_platform.catalog", "site"
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1_000
_FIRST_FOUND = ("gold", "silver", "bronze", "quarantine")
#: The first page of a lake with more judged tables shows fewer days of each, so that it stays quick to load.
_MANY, _DAYS, _DAYS_OF_MANY = 250, 42, 14


def site(
    document: Document, histories: Mapping[str, TableHistory], lineage: Lineage
) -> Iterator[tuple[str, bytes]]:
    """Every file of the site, by its path: pages about what the crawl found and what became of each date."""
    tables = _tables(document, histories, lineage)
    environment, facts = page_environment(), _facts(document, tables)
    pages: dict[str, dict[str, Any]] = {
        "index.html": {},
        "lineage.html": {"picture": lineage_picture(facts["upstream"])},
        "personal.html": {},
        "glossary.html": {"columns": _columns(tables)},
    }
    for path, more in pages.items():
        yield path, environment.get_template(path).render(**facts, **more, root="").encode()
    page = environment.get_template("table.html")
    for table in tables:
        yield f"tables/{table.slug}.html", page.render(**facts, table=table, root="../").encode()
    for name in ("style.css", "site.js"):
        yield name, files(_ROOM).joinpath(_FOLDER, name).read_bytes()
    yield "search-index.js", f"window.searchIndex = {json.dumps(_index(tables))};\n".encode()


def _facts(document: Document, tables: Sequence[PageTable]) -> dict[str, Any]:
    """What every page may ask."""
    upstream = {table.name: table.entry["upstream"] for table in tables}
    downstream: dict[str, list[str]] = {}
    for name, sources in upstream.items():
        for source in sources:
            downstream.setdefault(source, []).append(name)
    return {
        "document": document,
        "tables": tables,
        "known": {table.name for table in tables},
        "upstream": upstream,
        "downstream": downstream,
    }


def _tables(document: Document, histories: Mapping[str, TableHistory], lineage: Lineage) -> list[PageTable]:
    entries = {entry["table"]: entry for entry in document["tables"]}
    crawled_at = datetime.fromisoformat(document["crawled_at"])
    known = [outcome.day for found in histories.values() for outcome in found.outcomes[-1:]]
    newest = max(known, default=crawled_at.date())
    days = _DAYS if len(histories) <= _MANY else _DAYS_OF_MANY
    return [
        PageTable(
            entry,
            histories.get(name, TableHistory()),
            crawled_at,
            newest,
            entries.get(f"quarantine/{entry['name']}") if entry["layer"] == "silver" else None,
            {
                column["name"]: lineage[f"{name}.{column['name']}"]
                for column in entry["columns"]
                if f"{name}.{column['name']}" in lineage
            },
            days,
        )
        for name, entry in entries.items()
    ]


def _columns(tables: Sequence[PageTable]) -> list[tuple[str, str, list[PageTable]]]:
    """Each column's name with what it means, and the tables that have it, in the order of names."""
    found: dict[tuple[str, str], list[PageTable]] = {}
    for table in tables:
        for column in table.entry["columns"]:
            found.setdefault((column["name"], column["description"]), []).append(table)
    return [(*key, found[key]) for key in sorted(found, key=lambda key: (key[0].lower(), key))]


def _index(tables: Sequence[PageTable]) -> list[list[str]]:
    """What can be searched: title, where it leads, what it is, and the words about it; what people use comes first."""
    ordered = sorted(tables, key=lambda table: (_FIRST_FOUND.index(table.entry["layer"]), table.name))
    found = [
        [visible(table.name), f"tables/{table.slug}.html", "table", visible(table.entry["description"])]
        for table in ordered
    ]
    for table in ordered:
        for number, column in enumerate(table.entry["columns"], start=1):
            where = f"tables/{table.slug}.html#column-{number}"
            text = visible(column["description"])
            found.append([visible(column["name"]), where, visible(table.name), text])
    return found


def page_environment() -> jinja2.Environment:
    """What renders every page: whatever is told is text, never HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(_ROOM, _FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
    )
    environment.filters |= {"size": _size, "count": _count, "moment": _moment, "slug": slug, "age": _age}
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
