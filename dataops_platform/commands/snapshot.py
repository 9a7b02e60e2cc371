"""This file holds `dataops snapshot`: what Dagster is given, as text of which two can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg

from dataops_platform.definitions import build_definitions
from dataops_platform.resources.environments import read_settings
from dataops_platform.tables import load_tables


def snapshot() -> str:
    """Every asset, check, job, sensor and schedule of the shipped tables, a line each, whatever this environment is."""
    definitions = build_definitions(read_settings({}), load_tables())
    return "".join(f"{line}\n" for line in (*_assets(definitions), *_what_starts_runs(definitions)))


def _assets(definitions: dg.Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    for key in sorted(graph.materializable_asset_keys):
        found, asset = graph.get(key), f"asset {key.to_user_string()}"
        yield asset
        yield from (f"{asset} from {parent.to_user_string()}" for parent in sorted(found.parent_keys))
        if found.partitions_def is not None:
            yield f"{asset} partitions: {found.partitions_def}"
        yield from (f"{asset} owner {owner}" for owner in sorted(found.owners))
        yield from (f"{asset} pool {pool}" for pool in sorted(found.pools or ()))
        for check in sorted(found.check_keys, key=lambda one: one.name):
            gates = ", gates what follows" if graph.get(check).blocking else ""
            yield f"{asset} check {check.name}{gates}"


def _what_starts_runs(definitions: dg.Definitions) -> Iterator[str]:
    repository = definitions.get_repository_def()
    yield from (f"job {name}" for name in _names(repository.get_all_jobs()) if not name.startswith("__"))
    for sensor in sorted(repository.sensor_defs, key=lambda one: one.name):
        yield f"sensor {sensor.name} every {sensor.minimum_interval_seconds} s"
    for schedule in sorted(repository.schedule_defs, key=lambda one: one.name):
        yield f"schedule {schedule.name} at {schedule.cron_schedule}"


def _names(found: Any) -> list[str]:
    return sorted(each.name for each in found)
