"""This room's registering: what a crawl found, and a registry where other programs look tables up by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from dataops_platform.catalog.crawl import Document
from dataops_platform.catalog.entry import Entry
from dataops_platform.core.inventory import ColumnFacts
from dataops_platform.core.registry import KnownTables, Registered, Registration, TableRegistry
from dataops_platform.errors import PlatformError
from dataops_platform.quality.meaning import ABOUT


def register(document: Document, registry: TableRegistry) -> Registered:
    """Every table that the crawl could read is in the registry; what is no longer in the lake is marked there.

    Raises:
        EnvironmentProblem: the registry may not be used.
        Unreachable: it does not answer.
    """
    entries = document["tables"]
    there = [entry["table"] for entry in entries]
    tables = [_registration(entry) for entry in entries if not entry["problem"]]
    return registry.register(tables, there, datetime.fromisoformat(document["crawled_at"]))


def registered_only(registries: Sequence[KnownTables], there: Collection[str]) -> Document:
    """What each registry has and the lake, in which these are `there`, has not; or why nobody knows.

    A registry that does not answer keeps no crawl from telling of the lake.
    """
    tables: list[Document] = []
    problems = []
    for registry in registries:
        try:
            known = registry.tables()
        except PlatformError as error:
            problems.append(str(error))
        else:
            tables += [{**vars(one), "registry": registry.name} for one in known if one.table not in there]
    names = " and ".join(registry.name for registry in registries)
    return {"name": names, "tables": tables, "problem": " ".join(problems)}


def _registration(entry: Entry) -> Registration:
    columns = [
        ColumnFacts(column["name"], column["type"], column["nullable"], column["description"])
        for column in entry["columns"]
    ]
    return Registration(
        table=entry["table"],
        location=entry["location"],
        description=entry["description"],
        owner=entry["owner"] or "",
        columns=columns,
        partitioned_by=entry["partitioned_by"],
        classes={column["name"]: column["classification"] for column in entry["columns"]},
        about_layer=ABOUT.get(entry["table"].partition("/")[0], ""),
        parameters={
            "dataops_contract_version": entry["contract"]["version"] if entry["contract"] else "",
            "dataops_personal_columns": ",".join(
                column["name"] for column in entry["columns"] if column["classification"] == "personal"
            ),
        },
    )
