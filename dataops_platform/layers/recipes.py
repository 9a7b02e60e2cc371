"""This room's recipes: how each asset of a table is computed, as lineage reads it, from the layers' own functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.as_of import AsOf, endings, versions
from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.lineage import Given, Keep, Part, Recipe
from dataops_platform.layers.judging import Judging, rejected
from dataops_platform.layers.schemas import NoRows
from dataops_platform.layers.specs import SCHEMAS, spelt
from dataops_platform.quality import judgement
from dataops_platform.quality.judgement import IS_SOUND
from dataops_platform.quality.references import known_keys

_AS_OF = "as_of"


def recipes(tables: Sequence[Table]) -> dict[str, Recipe]:
    """The recipe of every asset, by its key."""
    known = {table.name: table for table in tables}
    found = []
    for table in tables:
        found += [_gold(table, known)] if table.is_gold else [_bronze(table), *_judged(table, known)]
    return {recipe.asset: recipe for recipe in found}


def _bronze(table: Table) -> Recipe:
    """Read by our own readers: a column takes the text of the file's column of its name."""
    landed = Given(dict.fromkeys(table.contract.columns, "string"))
    return Recipe(f"bronze/{table.name}", _types("bronze", table.contract), {f"landing/{table.name}": landed})


def _judged(table: Table, known: Mapping[str, Table]) -> list[Recipe]:
    """Silver and quarantine of the same judgement, each with the rows that the other has not."""
    contract, source = table.contract, f"bronze/{table.name}"
    referred = {rule.table: known[rule.table].contract for rule in contract.references}
    given = {source: _given("bronze", contract)}
    given |= {f"silver/{name}": _given("silver", other) for name, other in referred.items()}

    def judged(frames: Mapping[str, DataFrame], keep: Keep) -> DataFrame:
        keys = {name: known_keys(frames[f"silver/{name}"], other) for name, other in referred.items()}
        return Judging(lambda frame: _Planned(keep(frame)), table, keys).judged(frames[source]).frame

    def sound(rows: DataFrame) -> DataFrame:
        return rows.filter(F.col(IS_SOUND)).select(*_types("silver", contract))

    def held(rows: DataFrame) -> DataFrame:
        return rejected(rows.filter(~F.col(IS_SOUND)), contract)

    return [
        Recipe(f"{layer}/{table.name}", _types(layer, contract), given, Part(judged, taken))
        for layer, taken in (("silver", sound), ("quarantine", held))
    ]


def _gold(table: Table, known: Mapping[str, Table]) -> Recipe:
    contract = table.contract
    sources = {name: known[name].contract for name in table.sources}

    def build(frames: Mapping[str, DataFrame], _keep: Keep) -> DataFrame:
        found = {name: _versions(frames[f"silver/{name}"], source.key) for name, source in sources.items()}
        return judgement.judged_product(table.function(AsOf(frames[_AS_OF]), **found), contract)

    given = {
        f"silver/{name}": _given("silver", source, key=(*source.key, "ingestion_date"))
        for name, source in sources.items()
    }
    dates = Given({"ingestion_date": "date"}, ("ingestion_date",), is_asset=False)
    return Recipe(f"gold/{table.name}", _types("gold", contract), {_AS_OF: dates, **given}, build)


def _versions(rows: DataFrame, key: tuple[str, ...]) -> DataFrame:
    return versions(rows, key, endings(rows, key))


def _types(layer: str, contract: TableContract) -> dict[str, str]:
    return {field.name: spelt(field.type) for field in SCHEMAS[layer](contract)}


def _given(layer: str, contract: TableContract, *, key: tuple[str, ...] = ()) -> Given:
    return Given(_types(layer, contract), key)


@dataclass(frozen=True)
class _Planned:
    """A staged frame that is never computed: all that is asked of it stays in one plan."""

    frame: DataFrame
    is_empty: bool = False

    def rows(self, schema: pa.Schema, *, where: Mapping[str, object] | None = None) -> NoRows:
        """Nothing: a plan has no rows."""
        del where
        return NoRows(schema)

    def amended(self, column: str, frame: DataFrame) -> _Planned:
        """The rows that did not give way, and those that came instead."""
        return _Planned(self.frame.filter(~F.col(column)).unionByName(frame))

    def drop(self) -> None:
        """Nothing is kept."""
