"""This file holds what must be true after any fault, asked of the stores and Delta tables themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.core.ports import ObjectStore
from dataops_platform_tests.layers.small_platform import SmallPlatform

_PLACE = ("_source_object", "_ingested_at", "_position", "ingestion_date")


def assert_raw_zone_holds(store: ObjectStore, accepted: Iterable[tuple[str, bytes]]) -> None:
    """The raw zone is the accepted versions, byte for byte: none missing, none twice, none besides, none half."""
    keys = [found.key for found in store.objects("bronze/source=")]
    objects = [key for key in keys if not key.endswith(METADATA_SUFFIX)]
    assert sorted(keys) == sorted([*objects, *(key + METADATA_SUFFIX for key in objects)])
    found = []
    for key in objects:
        body, told = store.read(key) or b"", json.loads(store.read(key + METADATA_SUFFIX) or b"")
        assert told["sha256"] == sha256(body).hexdigest()
        assert told["file_size_bytes"] == len(body)
        found.append((told["source_key"], body))
    assert Counter(found) == Counter(accepted)


def assert_every_row_ends_once(platform: SmallPlatform) -> None:
    """Silver and quarantine are bronze, row for row; no row is in both, none is in either twice."""
    for table in platform.ports.sources:
        bronze, silver, quarantine = (
            Counter(tuple(row[name] for name in _PLACE) for row in platform.rows(f"{layer}/{table.name}"))
            for layer in ("bronze", "silver", "quarantine")
        )
        assert silver + quarantine == bronze
        assert set(bronze.values()) <= {1}


def assert_a_second_run_is_a_no_op(platform: SmallPlatform) -> None:
    """Nothing is copied, written or due once more."""
    before = files(platform)

    again = platform.sync()

    assert (again.ingested.copied, again.ingested.failed) == ([], {})
    assert not again.due
    assert files(platform) == before


def files(platform: SmallPlatform) -> Mapping[str, int]:
    """Every file of the lake with its time of change: Delta logs, data and raw objects."""
    root = platform.folder / "lake"
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def assert_whole(platform: SmallPlatform, accepted: Iterable[tuple[str, bytes]]) -> None:
    """All of it: the raw zone, the rows, and that a second run does nothing."""
    assert_raw_zone_holds(platform.ports.lake_store, accepted)
    assert_every_row_ends_once(platform)
    assert_a_second_run_is_a_no_op(platform)


def partition_files(platform: SmallPlatform, on: date) -> Mapping[str, set[str]]:
    """The data files of one ingestion date in each layer."""
    names = [
        f"{layer}/{t.name}" for t in platform.ports.sources for layer in ("bronze", "silver", "quarantine")
    ]
    return {name: found for name in names if platform.rows(name) and (found := platform.files(name, on))}
