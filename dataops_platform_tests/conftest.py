"""What holds in every test: no account is within reach, and no generated example fails for being slow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from dataops_platform.core.contract import Table
    from dataops_platform.engines.sail import EmbeddedEngine
    from dataops_platform_tests.layers.small_platform import SmallPlatform
    from dataops_platform_tests.moto_aws import Aws

settings.register_profile("platform", deadline=None)  # a slow machine is no failure
settings.load_profile("platform")


def pytest_configure() -> None:
    """Every test runs without the settings, credentials and profiles of whoever started it.

    Once for all tests, not before each: Spark Connect keeps state of an open session in these variables.
    """
    for name in list(os.environ):
        if name == "DATAOPS_ENGINE_FILES":
            continue  # what was fetched once for all
        if name.startswith(
            ("AWS_", "DATABRICKS_", "DAGSTER_", "DATAOPS_", "OPENLINEAGE_", "OTEL_", "SPARK_")
        ):
            del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nobody",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",  # on a cloud machine boto3 would ask it for credentials
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "OPENLINEAGE_DISABLED": "true",  # a file in the home directory could switch it on
    }


@pytest.fixture(scope="session")
def engine() -> Iterator[EmbeddedEngine]:
    """The embedded engine; one for all tests, as it takes more than a second to start."""
    from dataops_platform.engines.sail import EmbeddedEngine  # most rooms need no engine

    started = EmbeddedEngine()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    """A server of moto; one for all tests, as it takes seconds to start, so whoever makes a queue names it anew."""
    from dataops_platform_tests.moto_aws import moto_aws  # most tests need no AWS

    with moto_aws() as server:
        yield server


@pytest.fixture
def platform_of(engine: EmbeddedEngine, tmp_path: Path) -> Iterator[Callable[..., SmallPlatform]]:
    """Makes a platform of some tables, in a folder of this test; another name makes another platform."""
    import dagster as dg  # takes seconds to import

    from dataops_platform_tests.layers.small_platform import SmallPlatform  # imports dagster

    with dg.DagsterInstance.ephemeral() as instance:
        yield lambda tables, name="small": SmallPlatform(tmp_path / name, engine, tables, instance)


@pytest.fixture
def shipped_tables() -> tuple[Table, ...]:
    """The tables that the package ships with."""
    from dataops_platform.tables import load_tables  # imports pandera

    return load_tables()
