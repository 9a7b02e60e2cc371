"""The platform itself as a command under measurement: this file alone knows how it is started."""

import sys
from collections.abc import Mapping, Sequence


def command(*words: str) -> Sequence[str]:
    """`dataops sync`, or other words, by the Python that runs this and of the source beside this."""
    return [sys.executable, "-m", "dataops_platform.cli", *(words or ("sync",))]


def materialise(*partitions: str) -> Sequence[str]:
    """All assets for some partitions by a run of Dagster's own, in a process of its own as its launcher starts them."""
    module = ["-m", "dataops_platform.definitions"]
    return [sys.executable, "-m", "dagster", "asset", "materialize", *module, "--select", "*", *partitions]


def environment(*, landing: str, lake: str, first_date: str) -> Mapping[str, str]:
    """Where files land and tables live; everything else is as the platform comes."""
    return {
        "DATAOPS_LANDING_URL": landing,
        "DATAOPS_LAKE_URL": lake,
        "DATAOPS_FIRST_DATE": first_date,
    }
