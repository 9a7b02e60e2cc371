"""This room's registering: the published tables of the lake, as a catalogue outside of it is told of them."""

from __future__ import annotations

from collections.abc import Iterator

from dataops_platform.catalog.classification import classification
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.core.registry import RegisteredTable
from dataops_platform.layers.schemas import gold_schema, silver_schema
from dataops_platform.quality.meaning import ABOUT


def to_register(platform: Platform) -> Iterator[RegisteredTable]:
    """Every silver and gold table that is there; bronze and quarantine, with rows as they landed, stay unnamed."""
    for table in platform.tables:
        layer = "gold" if table.is_gold else "silver"
        if platform.lake.partitions(f"{layer}/{table.name}"):
            yield _registered(platform.lake.url, layer, table)


def _registered(lake: str, layer: str, table: Table) -> RegisteredTable:
    contract = table.contract
    schema = (gold_schema if table.is_gold else silver_schema)(contract)
    return RegisteredTable(
        layer,
        table.name,
        location=f"{lake}/{layer}/{table.name}",
        comment=contract.description,
        layer_comment=ABOUT[layer],
        tags={"owner": contract.owner, "contract_version": contract.version},
        column_tags={name: {"classification": classification(name, table)} for name in schema.names},
    )
