"""This room's judging: bronze rows → judged rows and quarantine's rows, each rule evaluated once for each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import RowPlace, Staged
from dataops_platform.quality import judgement, references, uniqueness
from dataops_platform.quality.uniqueness import REPEATED


@dataclass(frozen=True)
class Judging:
    """How rows of one table are judged.

    Attributes:
        stage: computes a frame once, and keeps it.
        known: by name of each table that rows refer to, the keys it is known to hold.
        released: where rows landed that somebody released, as `source_object` and `position`.
    """

    stage: Callable[[DataFrame], Staged]
    table: Table
    known: Mapping[str, DataFrame] = field(default_factory=dict)
    released: DataFrame | None = None

    def judged(self, bronze: DataFrame, *, keep_landed: bool = False) -> Staged:
        """The judged rows; keys that repeat are settled in a pass of their own."""
        contract = self.table.contract
        repeated = self.stage(uniqueness.repeated(judgement.cleansed(bronze, self.table), contract.key))
        try:
            rows = self.stage(
                judgement.judged(
                    bronze,
                    self.table,
                    repeated=None if repeated.is_empty else repeated.frame,
                    known=self.known,
                    released=self.released,
                    keep_landed=keep_landed,
                )
            )
            if repeated.is_empty:
                return rows
        finally:
            repeated.drop()
        return rows.amended(REPEATED, judgement.settled(rows.frame, contract))


def judging(platform: Platform, table: Table, released: Sequence[RowPlace] = ()) -> Judging:
    """How rows of the table are judged now, given what is published of the tables they refer to."""
    contracts = [platform.table(rule.table).contract for rule in table.contract.references]
    held = [(contract, platform.lake.frame(f"silver/{contract.name}")) for contract in contracts]
    known = {c.name: references.known_keys(frame, c) for c, frame in held if frame is not None}
    return Judging(platform.engine.stage, table, known, _frame(platform, released))


def _frame(platform: Platform, places: Sequence[RowPlace]) -> DataFrame | None:
    if not places:
        return None
    rows = pa.Table.from_pylist([place._asdict() for place in places])
    return platform.engine.session.createDataFrame(rows)


def rejected(rows: DataFrame, contract: TableContract, *also: str) -> DataFrame:
    """Judged rows as quarantine shows them: what landed, and every reason."""
    return rows.select(
        *(F.col(judgement.landed(name)).alias(name) for name in contract.columns),
        "_rescued",
        "_corrupt_record",
        judgement.reasons(contract).listed(*also).alias("_reasons"),
        F.lit(contract.version).alias("_contract_version"),
        "_source_object",
        "_position",
        "_ingested_at",
        "ingestion_date",
    )
