"""Frames that are planned and never computed: Spark Connect's own DataFrame, without a server, a session or data."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, cast

from pyspark.sql import DataFrame, types
from pyspark.sql.connect import plan as connect_plan
from pyspark.sql.connect.dataframe import DataFrame as PlannedFrame

from dataops_platform.core.lineage import ColumnsOf
from dataops_platform.errors import NotPlanned

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_TYPES: dict[str, Callable[[], types.DataType]] = {
    "string": types.StringType,
    "date": types.DateType,
    "timestamp": types.TimestampType,
    "int": types.IntegerType,
    "bigint": types.LongType,
    "double": types.DoubleType,
    "boolean": types.BooleanType,
}
#: Tells pyspark's functions to make Connect's columns, as a session of Connect does when it is made.
_CONNECT = "SPARK_CONNECT_MODE_ENABLED"


class SparkPlans:
    """Plans made with Spark Connect's DataFrame, whose questions about columns a reader of plans answers."""

    def __init__(self, columns_of: ColumnsOf) -> None:
        # Left as it is afterwards: other threads of this process may be making a session, which sets it as well.
        os.environ.setdefault(_CONNECT, "1")
        self._session = _NoSession(_NoClient(columns_of))

    def frame(self, name: str) -> DataFrame:
        """A frame that reads the table `name`."""
        read = connect_plan.Read(name, {})
        return cast("DataFrame", PlannedFrame(read, cast("Any", self._session)))

    def plan(self, frame: DataFrame) -> Any:
        """The frame's plan, as a `Relation` of Spark Connect."""
        return cast("Any", frame)._plan.plan(self._session.client)  # noqa: SLF001  # it has no public name


class _NoClient:
    """Answers what a plan alone can tell; whatever needs a server is refused at once, where Spark would wait."""

    def __init__(self, columns_of: ColumnsOf) -> None:
        self._columns_of = columns_of

    def _set_relation_in_plan(self, plan: Any, relation: Any) -> None:
        plan.root.CopyFrom(relation)

    def schema(self, plan: Any) -> types.StructType:
        """The columns of a plan, by a reader of plans."""
        columns = self._columns_of(plan.root)
        return types.StructType([_field(name, told) for name, told in columns.items()])

    def __getattr__(self, name: str) -> Any:
        raise NotPlanned(f"a plan alone does not answer {name.strip('_')}")


class _NoSession:
    """Stands where a frame wants its session."""

    session_id = "planned"

    def __init__(self, client: _NoClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        raise NotPlanned(f"a plan alone does not answer {name.strip('_')}")


class _UntoldField(types.StructField):
    """A column whose type only a server would know: code that looks at it is not planned on a guess."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nullable = True
        self.metadata = {}

    @property
    def dataType(self) -> types.DataType:  # type: ignore[override]  # noqa: N802  # pyspark's name
        """Nobody knows it."""
        raise NotPlanned("a plan alone does not tell the type of a computed column")

    def needConversion(self) -> bool:  # noqa: N802  # pyspark's name
        """A schema asks this of its columns when it is made."""
        return False

    def __reduce__(self) -> tuple[type[_UntoldField], tuple[str]]:
        return _UntoldField, (self.name,)


def _field(name: str, told: str | None) -> types.StructField:
    decimal = _DECIMAL.fullmatch(told or "")
    if decimal:
        return types.StructField(name, types.DecimalType(int(decimal[1]), int(decimal[2])))
    known = _TYPES.get(told or "")
    return types.StructField(name, known()) if known else _UntoldField(name)
