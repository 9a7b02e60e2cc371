"""This room's profile table: the profile of a date's columns, as Dagster shows it beside the materialisation."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from dataops_platform.quality.profile import ColumnProfile

_COLUMNS = {
    "column": "string",
    "without_value": "string",
    "different": "string",
    "least": "string",
    "greatest": "string",
    "mean": "string",
    "most_frequent": "string",
}


def profile_table(profiles: Iterable[ColumnProfile]) -> dg.TableMetadataValue:
    """A line for each column; values only of public columns."""
    schema = dg.TableSchema([dg.TableColumn(name, type_) for name, type_ in _COLUMNS.items()])
    return dg.MetadataValue.table([_record(profile) for profile in profiles], schema)


def _record(profile: ColumnProfile) -> dg.TableRecord:
    share = profile.nulls / profile.rows if profile.rows else 0
    is_part = profile.looked_at < profile.rows
    told = {
        "column": profile.column,
        "without_value": f"{profile.nulls} ({share:.1%})",
        "different": f"{profile.distinct} in {profile.looked_at} rows" if is_part else str(profile.distinct),
        "least": profile.minimum or "",
        "greatest": profile.maximum or "",
        "mean": "" if profile.mean is None else f"{profile.mean:.6g}",
        "most_frequent": ", ".join(f"{value} ({rows})" for value, rows in profile.frequent[:3]),
    }
    return dg.TableRecord(told)
