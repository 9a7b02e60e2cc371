"""The platform itself as a command under measurement: this file alone knows how it is started."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def command() -> Sequence[str]:
    """`dataops sync` of the environment this Python belongs to."""
    return [str(Path(sys.executable).with_name("dataops")), "sync"]


def environment(*, landing: Path, lake: Path, first_date: str) -> Mapping[str, str]:
    """Both zones are local folders; everything else is as the platform comes."""
    return {
        "DATAOPS_LANDING_URL": str(landing),
        "DATAOPS_LAKE_URL": str(lake),
        "DATAOPS_FIRST_DATE": first_date,
    }
