"""This room's contract: what a table promises, from which assets, checks, quarantine and pages are derived."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

import pandera.pandas as pandera
import pyarrow as pa
from pandera import dtypes
from pandera.engines import pandas_engine

from dataops_platform.core import watching
from dataops_platform.core.alerting import USUALLY, Alerts
from dataops_platform.core.arrivals import DAILY, Arrivals
from dataops_platform.core.contract_problems import refuse_problems
from dataops_platform.core.rules import Aggregate, Limit, Reference, RowRule, Rule, Waiver
from dataops_platform.core.verdict import UNIQUE, UNREADABLE, present, valid
from dataops_platform.errors import ContractProblem

Kind = Literal["text", "date", "timestamp", "decimal", "integer", "double", "boolean"]

#: Types for pandera columns that have no Python literal.
Date = pandas_engine.Date()
Timestamp = pandas_engine.DateTime(tz="UTC")  # type: ignore[call-arg]  # pandera types its decorator, not its class
Money = pandas_engine.Decimal(18, 2)

_KINDS: tuple[tuple[type[dtypes.DataType], Kind], ...] = (
    (dtypes.Bool, "boolean"),
    (dtypes.Decimal, "decimal"),
    (dtypes.Timestamp, "timestamp"),  # a kind of Date to pandera, so it is asked for first
    (dtypes.Date, "date"),
    (dtypes.Float, "double"),
    (dtypes.Int, "integer"),
    (dtypes.String, "text"),
)


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """How much may be wrong in one ingestion date before the whole partition is refused.

    Attributes:
        max_null_ratio: nulls in one critical column, as a share of its readable rows; more refuses.
        null_ratio_needs_rows: the null ratio judges only partitions with more rows than this.
        max_duplicate_ratio: keys that occur more than once, as a share of rows; more refuses.
    """

    max_null_ratio: float = 0.10
    null_ratio_needs_rows: int = 100
    max_duplicate_ratio: float = 0.05

    def __post_init__(self) -> None:
        for name in ("max_null_ratio", "max_duplicate_ratio"):
            if not 0 <= getattr(self, name) <= 1:
                raise ContractProblem(
                    f"{name} is {getattr(self, name)}, which is no share: write a number between 0 and 1."
                )


@dataclass(frozen=True)
class ContractColumn:
    """One column of a contract, as the rest of the platform asks about it."""

    name: str
    kind: Kind
    is_critical: bool
    description: str
    checks: tuple[pandera.Check, ...]
    precision: int = 0
    scale: int = 0
    format: str | None = None
    is_public: bool = False

    @property
    def spark_type(self) -> str:
        """The column's type in Spark's words, e.g. `decimal(18,2)`."""
        if self.kind == "decimal":
            return f"decimal({self.precision},{self.scale})"
        return {"text": "string", "integer": "bigint"}.get(self.kind, self.kind)

    @property
    def arrow_type(self) -> pa.DataType:
        """The column's type in Arrow, as published tables hold it."""
        return {
            "text": pa.string(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "decimal": pa.decimal128(self.precision or 1, self.scale),
            "integer": pa.int64(),
            "double": pa.float64(),
            "boolean": pa.bool_(),
        }[self.kind]


@dataclass(frozen=True, kw_only=True)
class TableContract:
    """What one table promises.

    Attributes:
        name: the table's one name: of its file, its asset, its Delta folder and its landing prefix.
        description: what one row is, for the people who read the table.
        owner: whom to ask, e.g. `team:sales`.
        columns: pandera columns; `nullable=False` makes a column critical.
        key: the columns that identify a row within an ingestion date; all critical.
        event_date: the column that `year` and `month` are derived from, if the table has one.
        formats: how dates or timestamps are written where it is not ISO, as Spark date patterns.
        public: columns that hold no personal data; every other column is masked where people read samples.
        null_values: texts that mean null in the landed files, beside the empty field of a CSV file.
        encoding: how text files are encoded.
        partitioned_by: columns the Delta table is partitioned by, after `ingestion_date`.
        freshness: how old the newest ingestion date may get before the table counts as late.
        arrivals: on which dates files are expected, and which are holidays.
        anomalies: what an unusual number of a metric does: it is shown (`warn`), refuses its date (`refuse`), or is
            not looked for (`off`); row_count, duplicate_pct and quarantined warn unless it says otherwise.
        alerts: who is told of what is wrong with it, and how soon.
        rules: what is asked of several columns of a row, or of a whole ingestion date.
        limits: how much may break a check, by its name, where it is not as `thresholds` have it.
        waivers: checks that do not refuse for the time being, and who answers for that.
    """

    name: str
    description: str
    owner: str
    columns: Mapping[str, pandera.Column]
    key: tuple[str, ...]
    event_date: str | None = None
    public: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    null_values: tuple[str, ...] = ()
    encoding: str = "utf-8"
    partitioned_by: tuple[str, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    freshness: timedelta = timedelta(days=1, hours=12)
    arrivals: Arrivals = DAILY
    anomalies: Mapping[str, watching.Reaction] = field(default_factory=dict)
    alerts: Alerts = USUALLY
    rules: tuple[Rule, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()

    def __post_init__(self) -> None:
        refuse_problems(self)

    @cached_property
    def checks(self) -> tuple[str, ...]:
        """The names of every check, in the order people read them."""
        validated = (column.name for column in self.fields if column.kind != "text" or column.checks)
        return (
            UNREADABLE,
            *map(present, self.critical),
            *map(valid, validated),
            *(rule.check for rule in self.row_rules),
            UNIQUE,
            *(rule.check for rule in self.aggregates),
        )

    @property
    def watched(self) -> tuple[str, ...]:
        """The metrics that are held against their own past."""
        return watching.watched(self.anomalies)

    @property
    def refusing(self) -> tuple[str, ...]:
        """Those of them of which an unusual number refuses its ingestion date."""
        return watching.refusing(self.anomalies)

    @property
    def row_rules(self) -> tuple[RowRule, ...]:
        """The rules about several columns of one row."""
        return tuple(rule for rule in self.rules if not isinstance(rule, Aggregate))

    @property
    def references(self) -> tuple[Reference, ...]:
        """The rules that a row of another table exists."""
        return tuple(rule for rule in self.rules if isinstance(rule, Reference))

    @property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """The rules about a whole ingestion date."""
        return tuple(rule for rule in self.rules if isinstance(rule, Aggregate))

    def limit(self, check: str, *, is_product: bool = False) -> Limit:
        """How much may break a check: its own limit, or what the thresholds say; of a product nothing may."""
        own = self.limits.get(check)
        if own is not None:
            return own
        if is_product:
            return Limit(fail=0)
        if check == UNIQUE:
            return Limit(fail=float(self.thresholds.max_duplicate_ratio))
        if check in map(present, self.critical):
            needs_rows = self.thresholds.null_ratio_needs_rows
            return Limit(fail=float(self.thresholds.max_null_ratio), needs_rows=needs_rows)
        return Limit()

    def waiver(self, check: str, day: date) -> Waiver | None:
        """Who answers for a check not refusing this ingestion date, if anybody does."""
        return next((w for w in self.waivers if w.check == check and day <= w.until), None)

    @cached_property
    def schema(self) -> pandera.DataFrameSchema:
        """The contract as a pandera schema: the oracle that published rows are held against in tests."""
        return pandera.DataFrameSchema(dict(self.columns), unique=list(self.key), name=self.name)

    @cached_property
    def fields(self) -> tuple[ContractColumn, ...]:
        """The columns in declared order."""
        return tuple(self._field(name, column) for name, column in self.columns.items())

    def _field(self, name: str, column: pandera.Column) -> ContractColumn:
        type_ = column.dtype
        kind = next((kind for known, kind in _KINDS if isinstance(type_, known)), None)
        if kind is None:
            raise ContractProblem(
                f"Table {self.name}: column {name} has type {type_}. Use str, int, float, bool, "
                "Date, Timestamp or a Decimal from dataops_platform.core.contract."
            )
        return ContractColumn(
            name=name,
            kind=kind,
            is_critical=not column.nullable,
            description=column.description or "",
            checks=tuple(column.checks),
            precision=type_.precision if isinstance(type_, dtypes.Decimal) else 0,
            scale=type_.scale if isinstance(type_, dtypes.Decimal) else 0,
            format=self.formats.get(name),
            is_public=name in self.public,
        )

    @property
    def critical(self) -> tuple[str, ...]:
        """The columns a row must have a value in."""
        return tuple(column.name for column in self.fields if column.is_critical)

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that change when, and only when, what is judged or published changes."""
        told = {
            "columns": [
                (f.name, f.spark_type, f.is_critical, f.format, [_statistics(check) for check in f.checks])
                for f in self.fields
            ],
            "key": self.key,
            "event_date": self.event_date,
            "null_values": self.null_values,
            "encoding": self.encoding,
            "thresholds": repr(self.thresholds),
            "rules": [repr(rule) for rule in self.rules],
            "limits": sorted((check, repr(limit)) for check, limit in self.limits.items()),
            "waivers": [repr(waiver) for waiver in self.waivers],
            "partitioned_by": self.partitioned_by,
        } | ({"refusing": sorted(self.refusing)} if self.refusing else {})
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _statistics(check: pandera.Check) -> tuple[str | None, str]:
    told = ((name, _in_order(value)) for name, value in sorted((check.statistics or {}).items()))
    return check.name, repr(list(told))


def _in_order(value: Any) -> Any:
    """Sets are walked in another order in each process; a version must not be."""
    return sorted(value, key=repr) if isinstance(value, set | frozenset) else value


@dataclass(frozen=True)
class Table:
    """A contract and its one function: `cleanse` of a source table, `build` of a gold table.

    Attributes:
        reconcile: gold only: holds a snapshot against its sources, by ingestion date.
        reconciled: the boolean columns of `reconcile`: one check each, named for what is true when it passes.
    """

    contract: TableContract
    function: Callable[..., Any]
    sources: tuple[str, ...] = ()
    reconcile: Callable[..., Any] | None = None
    reconciled: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The table's one name."""
        return self.contract.name

    @property
    def is_gold(self) -> bool:
        """Whether the table is built from others instead of landing."""
        return bool(self.sources)

    @property
    def layer(self) -> str:
        """The layer that the contract's columns are published in."""
        return "gold" if self.is_gold else "silver"
