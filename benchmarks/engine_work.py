"""A process that starts the engine of DATAOPS_ENGINE and asks it little: what every short run pays."""

import sys

import pyarrow as pa

from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.resources.environments import engine_for, read_settings
from dataops_platform.resources.lake import DeltaLake


def start(engine: ConnectEngine, _lake: str) -> None:
    """A session answers."""
    assert engine.session.range(3).count() == 3  # noqa: S101


def write(engine: ConnectEngine, lake: str) -> None:
    """Three rows go from one Delta table by way of the engine into files."""
    tables = DeltaLake(lake, engine)
    rows = {"id": [1, 2, 3], "ingestion_date": pa.array([0, 0, 1], pa.date32())}
    tables.append("rows", pa.table(rows))
    frame = tables.frame("rows")
    assert frame is not None  # noqa: S101
    staged = engine.stage(frame.filter("id > 1"))
    assert not staged.is_empty  # noqa: S101
    staged.drop()


if __name__ == "__main__":
    asked, folder = sys.argv[1:]
    running = engine_for(read_settings())
    try:
        {"start": start, "write": write}[asked](running, folder)
    finally:
        running.stop()
