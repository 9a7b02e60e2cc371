"""A process that starts the engine of DATAOPS_ENGINE and asks it little: what every short run pays."""

import sys
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame

from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.resources.environments import engine_for, read_settings
from dataops_platform.resources.lake import DeltaLake

_IDS = [1, 2, 3]
_COLUMNS = pa.schema([("id", pa.int64()), ("ingestion_date", pa.date32())])
_DATES = [date(2026, 1, 1), date(2026, 1, 2)]


def start(engine: ConnectEngine, _lake: str) -> None:
    """A session answers."""
    assert engine.session.range(3).count() == 3  # noqa: S101


def write(engine: ConnectEngine, lake: str) -> None:
    """Three rows of one Delta table are in another, as layers bring them there."""
    tables = DeltaLake(lake, engine)
    staged = engine.stage(_three_rows(tables))
    tables.replace("kept", staged.rows(_COLUMNS), _DATES)
    staged.drop()
    assert _kept(tables) == len(_IDS)  # noqa: S101


def write_by_spark(engine: ConnectEngine, lake: str) -> None:
    """Three rows of one Delta table are in another, as Spark's own Delta brings them there."""
    tables = DeltaLake(lake, engine)
    _three_rows(tables).write.format("delta").partitionBy("ingestion_date").save(f"{lake}/kept")
    assert _kept(tables) == len(_IDS)  # noqa: S101


def _three_rows(tables: DeltaLake) -> DataFrame:
    tables.append("rows", pa.table({"id": [0, *_IDS], "ingestion_date": [*_DATES, *_DATES]}, schema=_COLUMNS))
    frame = tables.frame("rows")
    assert frame is not None  # noqa: S101
    return frame.filter("id > 0")


def _kept(tables: DeltaLake) -> int:
    return sum(facts.rows for facts in tables.partitions("kept").values())


_WORK = {"start": start, "write": write, "write-by-spark": write_by_spark}

if __name__ == "__main__":
    asked, folder = sys.argv[1:]
    running = engine_for(read_settings())
    try:
        _WORK[asked](running, folder)
    finally:
        running.stop()
