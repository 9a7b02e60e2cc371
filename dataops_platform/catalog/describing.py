"""This room's describing: the lake is looked at, all of it or what has changed, and what was found is kept in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow.compute as pc

from dataops_platform.catalog.contract_history import keep_contracts
from dataops_platform.catalog.crawl import Advance, Document, crawl, keep, keep_document, kept
from dataops_platform.catalog.registering import registered_only
from dataops_platform.core.inventory import Inventory
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import ObjectStore
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.observability.journal import VERDICTS

#: A result is recorded moments after the time it bears; tables of results this old are looked at again.
_MARGIN = timedelta(minutes=10)


def describe(
    platform: Platform, inventory: Inventory, advance: Advance = lambda _done, _all: None
) -> Document:
    """A crawl of every table and of the registries, if there are any.

    It is in `catalog/metadata.json` and `catalog/metadata`, its contracts beside it.
    """
    now = datetime.now(UTC)
    document = crawl(inventory, platform.tables, now=now, advance=advance)
    if platform.registries:
        there = [entry["table"] for entry in document["tables"]]
        document["registry"] = registered_only(platform.registries, there)
    keep(document, platform.lake, platform.lake_store)
    keep_contracts(platform.tables, platform.lake_store, now)
    return document


def refresh(platform: Platform, inventory: Inventory) -> Document:
    """`catalog/metadata.json` tells of every result: tables of which there is one since the last crawl are looked at.

    Where there was no crawl, all are. The Delta table `catalog/metadata` is that of whole crawls, and stays as it is.
    """
    try:
        before = kept(platform.lake_store)
    except EnvironmentProblem:
        return describe(platform, inventory)
    changed = _judged_since(platform, datetime.fromisoformat(before["crawled_at"]) - _MARGIN)
    known = [entry for entry in before["tables"] if entry["name"] not in changed]
    document = crawl(inventory, platform.tables, known=known)
    if "registry" in before:
        there = {entry["table"] for entry in document["tables"]}
        told = before["registry"]
        document["registry"] = told | {"tables": [one for one in told["tables"] if one["table"] not in there]}
    keep_document(document, platform.lake_store)
    return document


def newest_result(store: ObjectStore, after: str = "") -> str:
    """The journal's newest commit; one that is there is all that `after` needs to be told: cheap, and read often."""
    prefix = f"{VERDICTS}/_delta_log/"
    commits = (stored.key for stored in store.objects(prefix, after=after) if stored.key.endswith(".json"))
    return max(commits, default=after)


def _judged_since(platform: Platform, since: datetime) -> set[str]:
    """The names of the tables that results were recorded of."""
    records = platform.lake.records(VERDICTS)
    if records is None:
        return set()
    return set(records.filter(pc.field("at") >= since)["table"].to_pylist())
