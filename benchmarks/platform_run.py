"""The platform itself as a command under measurement: this file alone knows how it is started."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def command() -> Sequence[str]:
    """`dataops sync` of the environment this Python belongs to."""
    return [str(Path(sys.executable).with_name("dataops")), "sync"]


def environment(*, landing: str, lake: str, first_date: str) -> Mapping[str, str]:
    """Where files land and tables live; everything else is as the platform comes."""
    return {
        "DATAOPS_LANDING_URL": landing,
        "DATAOPS_LAKE_URL": lake,
        "DATAOPS_FIRST_DATE": first_date,
    }
