"""This room's specs: what Dagster shows of a table before anything has run, derived from its contract."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date

import dagster as dg
import pyarrow as pa

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.rules import allowance
from dataops_platform.core.verdict import ACCEPTED, UNIQUE, UNREADABLE
from dataops_platform.layers.schemas import bronze_schema, gold_schema, quarantine_schema, silver_schema
from dataops_platform.observability.usualness import usual, watched_metric
from dataops_platform.quality.verdicts import check_names

SCHEMAS = {
    "bronze": bronze_schema,
    "silver": silver_schema,
    "quarantine": quarantine_schema,
    "gold": gold_schema,
}
_ABOUT = {
    "bronze": "As landed, every column as text, with the file and line each row came from.",
    "silver": "Checked, cleansed and typed.",
    "quarantine": "Rows that were not accepted, as they landed, each with every reason.",
    "gold": "Built from silver, one snapshot for each ingestion date.",
}
_TECHNICAL = {
    "ingestion_date": "UTC date on which the file landed, or which its key states.",
    "year": "Year of the event date.",
    "month": "Month of the event date.",
    "_source_object": "The landed file the row came from.",
    "_position": "Number of the row in that file, from 1.",
    "_ingested_at": "When the file landed (UTC).",
    "_rescued": "Columns the contract does not know, as JSON.",
    "_corrupt_record": "Why the line or file could not be read, with the line.",
    "_absent": "Columns of the contract that the file does not have.",
    "_reasons": "Every reason why the row was not accepted.",
    "_contract_version": "Version of the contract that judged the row.",
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
        description=f"{contract.description}\n\n{_ABOUT[layer]}",
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
                description=_described(field.name, contract),
                constraints=dg.TableColumnConstraints(nullable=field.name not in checked),
            )
            for field in SCHEMAS[layer](contract)
        ]
    )


def _described(column: str, contract: TableContract) -> str | None:
    declared = contract.columns.get(column)
    return declared.description if declared is not None else _TECHNICAL.get(column)


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
    """What the check asks, and what happens where it is not so."""
    if name == ACCEPTED:
        return (
            "The date was published. Otherwise the other checks say what refused it, and what follows waits."
        )
    if (metric := watched_metric(name)) is not None:
        return (
            f"{metric} is what the dates before it make likely. Otherwise the date is shown with a warning."
        )
    if name in table.reconciled:
        return f"Business rule of {table.name}: {name.replace('_', ' ')}."
    asked = _asked(name, table.contract)
    return asked if table.is_gold else _with_consequence(asked, name, table)


def _with_consequence(asked: str, name: str, table: Table) -> str:
    aggregate = next((rule for rule in table.contract.aggregates if rule.check == name), None)
    if aggregate is not None:
        return f"{asked} Otherwise the date is {'refused' if aggregate.refuses else 'shown with a warning'}."
    limit = table.contract.limit(name)
    text = asked if name == UNIQUE else f"{asked} Other rows go to quarantine."
    if limit.fail is None:
        return text
    rows = f" in more than {limit.needs_rows} rows" if limit.needs_rows else ""
    return f"{text} Above {allowance(limit.fail)}{rows} the date is refused."


def _asked(name: str, contract: TableContract) -> str:
    if name == UNREADABLE:
        return "Every line of every file could be read."
    if name == UNIQUE:
        return f"Each {' + '.join(contract.key)} occurs once in an ingestion date."
    rule = next((rule for rule in contract.rules if rule.check == name), None)
    if rule is not None:
        return f"{rule.meaning[0].upper()}{rule.meaning[1:]}."
    if name.endswith("_is_present"):
        return f"Every row has a value in {name.removesuffix('_is_present')}."
    return f"Every value of {name.removesuffix('_is_valid')} converts to its type and keeps its rules."
