"""The work that the benchmark of rules measures, as a program: the orders of a lake are published to silver.

`plain` converts, cleanses and writes; `judged` is the platform's silver. How long it took, without imports and the
engine's start, is left in the lake.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame

from benchmarks.rules_rows import BRONZE, dates_of
from benchmarks.rules_table import orders
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.layers import silver
from dataops_platform.layers.schemas import silver_schema
from dataops_platform.quality.conversion import converted
from dataops_platform.quality.judgement import PROVENANCE, derived
from dataops_platform.resources.environments import platform_for, read_settings

TOOK = "took.json"
Work = Callable[[Platform, Table, Sequence[date]], object]


def main() -> None:
    """Silver of the lake holds its orders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=["plain", "judged"])
    timed(silver.publish if parser.parse_known_args()[0].way == "judged" else plain, parser)


def timed(work: Work, parser: argparse.ArgumentParser) -> None:
    """The work is done on the lake asked for, and the lake's file `took.json` tells its seconds."""
    parser.add_argument("lake", type=Path)
    parser.add_argument("--rules", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    asked = parser.parse_args()
    table, dates = orders(asked.rules), dates_of(asked.rows)
    variables = {"DATAOPS_LANDING_URL": str(asked.lake), "DATAOPS_LAKE_URL": str(asked.lake)}
    platform = platform_for(read_settings(variables), [table])
    try:
        platform.engine.session.range(1).toArrow()  # the engine is up
        wall, cpu = time.perf_counter(), time.process_time()
        work(platform, table, dates)
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        (asked.lake / TOOK).write_text(json.dumps(took))
    finally:
        platform.close()


def plain(
    platform: Platform,
    table: Table,
    dates: Sequence[date],
    *,
    validate: Callable[[DataFrame], object] = lambda _rows: None,
    is_staged_first: bool = False,
) -> None:
    """Silver holds every row in its types, whatever `validate` finds: it is asked before or after they are staged."""
    rows = _typed(platform, table, dates)
    if not is_staged_first:
        validate(rows)
    staged = platform.engine.stage(rows)
    try:
        if is_staged_first:
            validate(staged.frame)
        schema = silver_schema(table.contract)
        platform.lake.replace(f"silver/{table.name}", staged.rows(schema), dates)
    finally:
        staged.drop()


def _typed(platform: Platform, table: Table, dates: Sequence[date]) -> DataFrame:
    contract = table.contract
    bronze = platform.lake.frame(BRONZE, dates)
    if bronze is None:
        raise FileNotFoundError(f"{BRONZE} is not in {platform.lake.url}")
    typed = bronze.select(*(converted(field).alias(field.name) for field in contract.fields), *PROVENANCE)
    cleansed: DataFrame = table.function(typed)
    return cleansed.select(*contract.columns, *derived(contract), *PROVENANCE)


if __name__ == "__main__":
    main()
