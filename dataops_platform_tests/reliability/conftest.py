"""The S3 servers of the reliability tests, started once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from dataops_platform_tests.reliability.landing_area import LandingArea, moto

if TYPE_CHECKING:
    from dataops_platform.demo.s3_server import S3Server

_PREFIXES = count()


@pytest.fixture(scope="session")
def weed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS, with the buckets `landing` and `lake`."""
    from dataops_platform.demo.seaweedfs import seaweedfs  # only these tests need it

    with seaweedfs(tmp_path_factory.mktemp("weed")) as server:
        yield server


@pytest.fixture(scope="session")
def weed_client(weed_server: S3Server) -> Iterator[Any]:
    """A client of SeaweedFS."""
    with closing(weed_server.client()) as client:
        yield client


@pytest.fixture(scope="session")
def moto_client() -> Iterator[Any]:
    """A client of moto's server."""
    with moto() as client:
        yield client


@pytest.fixture(params=["weed", "moto"])
def area(request: pytest.FixtureRequest) -> LandingArea:
    """An empty landing area on each server."""
    return LandingArea(request.getfixturevalue(f"{request.param}_client"), f"area{next(_PREFIXES)}")


@pytest.fixture
def moto_area(moto_client: Any) -> LandingArea:
    """An empty landing area on moto's server, which takes every key that S3 takes."""
    return LandingArea(moto_client, f"area{next(_PREFIXES)}")


@pytest.fixture
def weed_area(weed_client: Any) -> LandingArea:
    """An empty landing area on SeaweedFS."""
    return LandingArea(weed_client, f"area{next(_PREFIXES)}")
