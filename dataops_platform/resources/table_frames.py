"""Delta tables as frames: by the engine's own reader, or from the files that the lake says the table consists of.

On Spark, the reader of Delta runs several jobs of its own for each plan: four fifths of the time of a small step, for
what delta-rs tells in milliseconds. Either frame is held to the table's version of when it was made: whatever a step
computes of it, once or several times, is computed of the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

#: A table of this protocol is what its files hold; later ones can delete rows of a file, or rename columns.
_PLAIN = 1


def frame_of_table(
    session: SparkSession, path: str, table: DeltaTable, dates: Sequence[date] | None
) -> DataFrame:
    """This version of the table (of these ingestion dates only), by the engine's own reader of Delta."""
    frame = session.read.format("delta").option("versionAsOf", table.version()).load(path)
    return frame if dates is None else frame.filter(F.col("ingestion_date").isin(*dates))


def frame_of_files(
    session: SparkSession, path: str, table: DeltaTable, dates: Sequence[date] | None
) -> DataFrame:
    """The same, read from the files that this version of the table consists of."""
    if table.protocol().min_reader_version > _PLAIN:
        return frame_of_table(session, path, table, dates)
    wanted = None if dates is None else [("ingestion_date", "in", [day.isoformat() for day in dates])]
    files = sorted(table.file_uris(file_pruning_predicate=wanted))
    schema = StructType.fromJson(json.loads(table.schema().to_json()))
    if not files:
        return session.createDataFrame([], schema=schema)
    rows = session.read.schema(schema).option("basePath", path).parquet(*files)
    told = rows.select(*schema.names)  # Spark puts columns that are in the path last
    # Of a table that is not partitioned, a file holds other dates as well.
    return told if dates is None else told.filter(F.col("ingestion_date").isin(*dates))
