"""This room's site: static pages about every table, which need no server and nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

from dataops_platform.catalog.findings import Findings
from dataops_platform.catalog.history import TableHistory
from dataops_platform.catalog.lineage_file import lineage_file
from dataops_platform.catalog.page_table import PageTable
from dataops_platform.catalog.templates import FOLDER, ROOM, templates, visible

_FIRST_FOUND = ("gold", "silver", "bronze", "quarantine")
#: The first page of a lake with more judged tables shows fewer days of each, so that it stays quick to load.
_MANY, _DAYS, _DAYS_OF_MANY = 250, 42, 14
_OURS = ("style.css", "table.css", "site.js", "lineage.js", "charts.js")
#: Whose the libraries are that pages bring along: package, version, licence, and what each file's bytes hash to.
LIBRARIES = "libraries.json"
_OTHERS = ("dagre.min.js", "minisearch.js", "uplot.min.js", "uplot.min.css", LIBRARIES)


def site(findings: Findings) -> Iterator[tuple[str, bytes]]:
    """Every file of the site, by its path: pages about what the crawl found and what became of each date."""
    tables = _tables(findings)
    environment, facts = templates(), _facts(findings, tables)
    pages: dict[str, dict[str, Any]] = {
        "index.html": {},
        "lineage.html": {},
        "personal.html": {},
        "glossary.html": {"columns": _columns(tables)},
        "changes.html": {"changes": findings.contracts},
    }
    for path, more in pages.items():
        yield path, environment.get_template(path).render(**facts, **more, root="").encode()
    page = environment.get_template("table.html")
    for table in tables:
        yield _path(table), page.render(**facts, table=table, root="../").encode()
    for name in (*_OURS, *_OTHERS):
        yield name, files(ROOM).joinpath(FOLDER, name).read_bytes()
    yield "search-index.js", f"window.searchIndex = {json.dumps(_index(tables))};\n".encode()
    graph = lineage_file(findings.lineage, {one.name: _path(one) for one in tables}, visible)
    yield "lineage-graph.js", graph
    # Last: who reads that there are newer pages finds them.
    yield "version.js", f"window.siteVersion = {json.dumps(facts['version'])};\n".encode()


def _path(table: PageTable) -> str:
    return f"tables/{table.slug}.html"


def _facts(findings: Findings, tables: Sequence[PageTable]) -> dict[str, Any]:
    """What every page may ask."""
    upstream = {table.name: table.entry["upstream"] for table in tables}
    downstream: dict[str, list[str]] = {}
    for name, sources in upstream.items():
        for source in sources:
            downstream.setdefault(source, []).append(name)
    return {
        "document": findings.document,
        "registry": findings.document.get("registry") or {"name": "", "tables": [], "problem": ""},
        "as_of": findings.as_of,
        "problems": findings.problems,
        "version": findings.as_of.isoformat(),
        "dagster": findings.dagster_url,
        "tables": tables,
        "known": {table.name for table in tables},
        "traced": set(findings.lineage),
        "upstream": upstream,
        "downstream": downstream,
        "changed": _changed(findings),
    }


def _changed(findings: Findings) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for change in findings.contracts:
        found.setdefault(change.table, []).append(change)
    return found


def _tables(findings: Findings) -> list[PageTable]:
    entries = {entry["table"]: entry for entry in findings.document["tables"]}
    crawled_at = datetime.fromisoformat(findings.document["crawled_at"])
    judged = [found for found in findings.histories.values() if found.outcomes]
    newest = max((found.outcomes[-1].day for found in judged), default=crawled_at.date())
    days = _DAYS if len(judged) <= _MANY else _DAYS_OF_MANY
    return [
        PageTable(
            entry,
            findings.histories.get(name, TableHistory()),
            crawled_at,
            newest,
            entries.get(f"quarantine/{entry['name']}") if entry["layer"] == "silver" else None,
            findings.lineage.get(name),
            findings.profiles.get(name),
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
        [visible(table.name), _path(table), "table", visible(table.entry["description"])] for table in ordered
    ]
    for table in ordered:
        for number, column in enumerate(table.entry["columns"], start=1):
            where = f"{_path(table)}#column-{number}"
            text = visible(column["description"])
            found.append([visible(column["name"]), where, visible(table.name), text])
    return found
