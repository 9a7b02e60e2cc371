"""This room's specs: what Dagster shows of a table before anything has run, derived from its contract."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date

import dagster as dg
import pyarrow as pa

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.verdict import ACCEPTED, usual, watched_metric
from dataops_platform.layers.schemas import bronze_schema, gold_schema, quarantine_schema, silver_schema
from dataops_platform.quality.meaning import ABOUT, described, meaning
from dataops_platform.quality.verdicts import check_names

SCHEMAS = {
    "bronze": bronze_schema,
    "silver": silver_schema,
    "quarantine": quarantine_schema,
    "gold": gold_schema,
}


def partitions(first_date: date) -> dg.DailyPartitionsDefinition:
    """Ingestion dates, in UTC, from the first date to today: what landed today need not wait for midnight."""
    return dg.DailyPartitionsDefinition(first_date.isoformat(), end_offset=1)


def key(layer: str, table: Table) -> dg.AssetKey:
    """The asset's key: `<layer>/<table>`."""
    return dg.AssetKey([layer, table.name])


def spec(layer: str, table: Table, first_date: date, deps: Sequence[dg.AssetKey] = ()) -> dg.AssetSpec:
    """The asset of one table in one layer."""
    contract = table.contract
    return dg.AssetSpec(
        key(layer, table),
        deps=list(deps),
        description=f"{contract.description}\n\n{ABOUT[layer]}",
        group_name=layer,
        owners=[contract.owner],
        kinds={"delta", "spark"},
        tags={"layer": layer, "table": table.name},
        partitions_def=partitions(first_date),
        skippable=True,
        metadata={
            "dagster/table_name": f"{layer}.{table.name}",
            "dagster/column_schema": column_schema(layer, contract),
            "contract_version": contract.version,
        },
    )


def column_schema(layer: str, contract: TableContract) -> dg.TableSchema:
    """The columns of a table in a layer, with types and descriptions."""
    checked = contract.critical if layer in {"silver", "gold"} else ()
    return dg.TableSchema(
        [
            dg.TableColumn(
                field.name,
                type=spelt(field.type),
                description=described(field.name, contract),
                constraints=dg.TableColumnConstraints(nullable=field.name not in checked),
            )
            for field in SCHEMAS[layer](contract)
        ]
    )


def spelt(type_: pa.DataType) -> str:
    """The type in Spark's words, as people write it."""
    if pa.types.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    if pa.types.is_timestamp(type_):
        return "timestamp"
    if pa.types.is_list(type_):
        return f"array<{spelt(type_.value_type)}>"
    return {"date32[day]": "date", "int32": "int", "int64": "bigint", "bool": "boolean"}.get(
        str(type_), str(type_)
    )


def check_specs(layer: str, table: Table, first_date: date) -> list[dg.AssetCheckSpec]:
    """The checks of a table, named for what is true when they pass; bronze takes whatever lands.

    What follows is held back by one of them alone, since a date may be published though some of its rows are not.
    """
    if layer == "bronze":
        return []
    watched = map(usual, table.contract.watched)
    names = (*check_names(table.contract, is_product=table.is_gold), *table.reconciled, ACCEPTED, *watched)
    with warnings.catch_warnings():
        # Of checks with partitions; the exact pin protects.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                name,
                asset=key(layer, table),
                description=_meaning(name, table),
                blocking=name == ACCEPTED,
                partitions_def=partitions(first_date),
            )
            for name in names
        ]


def _meaning(name: str, table: Table) -> str:
    metric = watched_metric(name)
    if metric is None:
        return meaning(name, table)
    reaction = "refused" if metric in table.contract.refusing else "shown with a warning"
    return f"{metric} is what the dates before it make likely. Otherwise the date is {reaction}."
