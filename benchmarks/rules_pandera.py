"""The same rules validated by pandera's own Spark side on the same engine: a job for each, pass or fail, no rows.

Pandera is given the rows as one writes it, a frame that every job computes anew: the engine has no cache that pandera's
setting for one could fill. With `--staged` they are computed into files first, the best that can be done for it.
"""

import argparse
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from pandera.pyspark import Column, DataFrameSchema
from pyspark.sql.types import DateType, DecimalType, LongType, StringType

from benchmarks.rules_work import plain, timed
from dataops_platform.core.contract import ContractColumn, Table, TableContract
from dataops_platform.core.platform import Platform


def main() -> None:
    """Silver of the lake holds its orders, and every rule was asked about."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--staged", action="store_true")
    timed(partial(_validated, is_staged_first=parser.parse_known_args()[0].staged), parser)


def _validated(platform: Platform, table: Table, dates: Sequence[date], *, is_staged_first: bool) -> None:
    schema = _schema(table.contract)
    plain(
        platform,
        table,
        dates,
        validate=lambda rows: _refuse_no_findings(schema.validate(rows)),
        is_staged_first=is_staged_first,
    )


def _schema(contract: TableContract) -> DataFrameSchema:
    """The contract in the words of pandera's Spark side: the same checks on the same columns."""
    return DataFrameSchema(
        {
            field.name: Column(_spark_type(field), list(field.checks), nullable=not field.is_critical)
            for field in contract.fields
        }
    )


def _spark_type(field: ContractColumn) -> Any:
    if field.kind == "decimal":
        return DecimalType(field.precision, field.scale)
    return {"text": StringType(), "integer": LongType(), "date": DateType()}[field.kind]


def _refuse_no_findings(validated: Any) -> None:
    """Some rows are broken: a pandera that finds nothing did not look, and its time would say nothing."""
    found = validated.pandera.errors.get("DATA", {}).get("DATAFRAME_CHECK", [])
    print(*(each["error"] for each in found), sep="\n")
    if not found:
        raise AssertionError("pandera found no broken rule, but some rows break one")


if __name__ == "__main__":
    main()
