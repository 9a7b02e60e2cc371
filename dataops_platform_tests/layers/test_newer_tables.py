"""A table that another program has raised to a newer Delta protocol: a sentence, and no row is computed for it."""

from __future__ import annotations

import json

import pytest

from dataops_platform_tests.layers.small_platform import day

pytestmark = pytest.mark.integration

HEADER = "customer_id,name\n"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("quarantine/customers", "customer_id"),
        ("silver/customers", "customer_id"),
        ("gold/customer_360", "customer_health_score"),
    ],
)
def test_nothing_is_computed_for_a_table_that_could_not_be_written(
    platform_of, shipped_tables, monkeypatch, table, column
):
    small = platform_of(shipped_tables)
    small.land("customers", day(2), HEADER + "1,Ann\n")
    small.sync()
    raise_protocol(small.folder / "lake" / table / "_delta_log")
    small.land("customers", day(3), HEADER + "2,Bo\n")
    computed = staged_columns(small.engine, monkeypatch)

    done = small.sync()

    assert len(done.errors) == 1
    assert done.errors[0].startswith(f"{table}: ")
    assert "newer Delta protocol (rowTracking)" in done.errors[0]
    assert column not in computed


def staged_columns(engine, monkeypatch):
    """The columns of every frame that is computed from now on."""
    seen, stage = set(), type(engine).stage

    def watched(self, frame):
        seen.update(frame.columns)
        return stage(self, frame)

    monkeypatch.setattr(type(engine), "stage", watched)
    return seen


def raise_protocol(log):
    """Another program has switched on a feature of the table."""
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["rowTracking"]}
    newest = max(int(path.stem) for path in log.glob("*.json"))
    (log / f"{newest + 1:020d}.json").write_text(json.dumps({"protocol": protocol}) + "\n")
