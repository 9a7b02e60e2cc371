"""This room's judgement: landed rows → typed rows that each carry what is wrong with them, and the counts thereof.

Both the verdict on a partition and the reasons of a row come from one evaluation of each rule, which the engine
stages; counting the distinct combinations of reasons then tells everything a contract asks, however many rules it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import ContractColumn, Table, TableContract
from dataops_platform.core.verdict import UNIQUE, UNREADABLE, present, valid
from dataops_platform.quality.conversion import converted, expectation
from dataops_platform.quality.flags import Flags
from dataops_platform.quality.references import with_known
from dataops_platform.quality.rules import broken_rules
from dataops_platform.quality.uniqueness import LATEST, REPEATED, ranked, with_repeated

#: Technical columns that silver keeps, beside the contract's own.
PROVENANCE = ("_rescued", "_source_object", "_position", "_ingested_at", "ingestion_date")
IS_SOUND, ABSENT = "_is_sound", "_absent"
_LANDED, _RELEASED = "_landed_", "_is_released"
NOTHING_KNOWN: Mapping[str, DataFrame] = MappingProxyType({})


def reasons(contract: TableContract) -> Flags:
    """All that a row can be refused for, as people read it in quarantine."""
    told = [
        f"{UNREADABLE}: the line or file could not be read",
        *map(_missing, contract.critical),
        *(_unconverted(field) for field in contract.fields if field.kind != "text"),
        *(reason for reason, _ in broken_rules(contract)),
        _SUPERSEDED,
    ]
    return Flags("_broken", tuple(dict.fromkeys(told)))


def nulls(contract: TableContract) -> Flags:
    """The columns that can be without a value."""
    return Flags("_nulls", tuple(contract.columns))


_SUPERSEDED = f"{UNIQUE}: a later row of this date has the same key"


def _missing(column: str) -> str:
    return f"{present(column)}: no value in a critical column"


def _unconverted(field: ContractColumn) -> str:
    return f"{valid(field.name)}: {expectation(field)}"


def landed(column: str) -> str:
    """Name under which a judged row keeps the text that landed in `column`."""
    return f"{_LANDED}{column}"


def judged(
    bronze: DataFrame,
    table: Table,
    *,
    repeated: DataFrame | None = None,
    known: Mapping[str, DataFrame] = NOTHING_KNOWN,
    released: DataFrame | None = None,
    keep_landed: bool = False,
) -> DataFrame:
    """Typed and cleansed rows, each with the flags of its `reasons` and `nulls`, `_is_sound`, and what had landed.

    Rows whose key may be among the `repeated` are marked so: one of them is settled only once `settled` has seen all.
    What rows refer to is looked up among the keys `known` of other tables (`references.known_keys`), by their names.
    Rows that somebody `released` (by `source_object` and `position`) break no rules, whatever they hold.
    The landed text, which quarantine shows, is kept for them and for broken rows, or with `keep_landed` for all.
    """
    marked = with_repeated(cleansed(bronze, table), table.contract.key, repeated)
    referring = with_known(marked, table.contract, known)
    told = _with_rules(referring, table.contract, released)
    return _kept(told, table.contract, keep_landed=keep_landed)


def cleansed(bronze: DataFrame, table: Table) -> DataFrame:
    """The landed rows in the contract's types and cleansed, with flags for what is missing or does not convert."""
    contract, broken, missing = table.contract, reasons(table.contract), nulls(table.contract)
    fields = contract.fields
    typed = bronze.select(
        *(converted(field).alias(field.name) for field in fields),
        *(F.col(field.name).alias(landed(field.name)) for field in fields),
        "_corrupt_record",
        ABSENT,
        *PROVENANCE,
    ).withColumns({**broken.none(), **missing.none()})
    readable = F.col("_corrupt_record").isNull()
    has_none = {field.name: readable & F.col(landed(field.name)).isNull() for field in fields}
    found = [
        (broken.texts[0], ~readable),
        *((_missing(column), has_none[column]) for column in contract.critical),
        *(
            (_unconverted(f), F.col(landed(f.name)).isNotNull() & F.col(f.name).isNull())
            for f in fields
            if f.kind != "text"
        ),
    ]
    told: DataFrame = table.function(
        typed.withColumns({**broken.raised(found), **missing.raised(has_none.items())})
    )
    return told


def releasable(contract: TableContract) -> frozenset[str]:
    """The reasons of rows that could be published as they are, if somebody answers for it: they only break rules."""
    return frozenset(reason for reason, _ in broken_rules(contract))


def _with_rules(rows: DataFrame, contract: TableContract, released: DataFrame | None) -> DataFrame:
    found = broken_rules(contract)
    if released is not None:
        is_same = (rows["_source_object"] == released["source_object"]) & (
            rows["_position"] == released["position"]
        )
        rows = rows.join(released.withColumns({_RELEASED: F.lit(True)}), is_same, "left")
        found = [(reason, is_broken & F.col(_RELEASED).isNull()) for reason, is_broken in found]
    broken = reasons(contract)
    return rows.withColumns(broken.raised(found)).withColumns({IS_SOUND: ~broken.any()})


def _kept(told: DataFrame, contract: TableContract, *, keep_landed: bool) -> DataFrame:
    fields, broken = contract.fields, reasons(contract)
    is_kept = F.lit(True) if keep_landed else ~F.col(IS_SOUND) | F.col(REPEATED)
    return told.select(
        *(field.name for field in fields),
        *derived(contract),
        *(F.when(is_kept, F.col(landed(f.name))).alias(landed(f.name)) for f in fields),
        "_corrupt_record",
        ABSENT,
        *nulls(contract).columns,
        *broken.columns,
        IS_SOUND,
        REPEATED,
        F.lit(False).alias(LATEST),
        *PROVENANCE,
    )


def settled(rows: DataFrame, contract: TableContract) -> DataFrame:
    """Those of judged rows that were marked as repeated; all but the last landed of a key carry that as a reason."""
    columns, broken, others = rows.columns, reasons(contract), ranked(rows, contract.key)
    is_same = (rows["_source_object"] == others["_file"]) & (rows["_position"] == others["_line"])
    joined = rows.filter(F.col(REPEATED)).join(others, is_same, "left")
    told = joined.withColumns(broken.raised([(_SUPERSEDED, ~F.col("_is_latest"))]))
    return told.withColumns(
        {
            IS_SOUND: ~broken.any(),
            LATEST: F.coalesce("_is_latest", F.lit(False)),
            REPEATED: F.lit(False),
        }
    ).select(*columns)


def judged_product(built: DataFrame, contract: TableContract) -> DataFrame:
    """Rows of a gold table in the contract's types, each with what is wrong with it; see `judged`."""
    fields, broken, missing = contract.fields, reasons(contract), nulls(contract)
    typed = built.select(
        *(F.col(f.name).cast(f.spark_type).alias(f.name) for f in fields), "ingestion_date"
    ).withColumns({**broken.none(), **missing.none()})
    found = [
        *((_missing(column), F.col(column).isNull()) for column in contract.critical),
        *broken_rules(contract),
    ]
    has_none = [(field.name, F.col(field.name).isNull()) for field in fields]
    told = typed.withColumns({**broken.raised(found), **missing.raised(has_none)})
    return told.withColumns({ABSENT: F.lit(""), LATEST: F.lit(False), "_source_object": F.lit(contract.name)})


def derived(contract: TableContract) -> list[Column]:
    """`year` and `month` of the table's event date, where it has one."""
    if contract.event_date is None:
        return []
    return [
        F.year(contract.event_date).cast("int").alias("year"),
        F.month(contract.event_date).cast("int").alias("month"),
    ]
