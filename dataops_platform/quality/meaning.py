"""This room's meaning: layers, columns and checks in words, for whoever shows them to people."""

from __future__ import annotations

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.rules import allowance
from dataops_platform.core.verdict import ACCEPTED, UNIQUE, UNREADABLE

ABOUT = {
    "bronze": "As landed, every column as text, with the file and line each row came from.",
    "silver": "Checked, cleansed and typed.",
    "quarantine": "Rows that were not accepted, as they landed, each with every reason.",
    "gold": "Built from silver, one snapshot for each ingestion date.",
}
TECHNICAL = {
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


def described(column: str, contract: TableContract) -> str | None:
    """What the column holds, for people; None where nobody says."""
    declared = contract.columns.get(column)
    return declared.description if declared is not None else TECHNICAL.get(column)


def meaning(name: str, table: Table) -> str:
    """What the check asks, and what happens where it is not so."""
    if name == ACCEPTED:
        return (
            "The date was published. Otherwise the other checks say what refused it, and what follows waits."
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
