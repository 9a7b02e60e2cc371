"""Lakes for the crawler: the same promises in a folder and on an S3 server."""

from __future__ import annotations

import os
from contextlib import closing
from itertools import count

import pytest

from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.object_store import S3Store
from dataops_platform_tests.catalog.found_lake import FoundLake

NAMES = count()


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """A client of a real S3 server, whose keys are in the environment."""
    from dataops_platform.demo.seaweedfs import seaweedfs  # only the integration tests need it

    with (
        seaweedfs(tmp_path_factory.mktemp("s3")) as server,
        closing(server.client()) as client,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in server.environment().items():
            patch.setitem(os.environ, name, value)
        yield client


@pytest.fixture
def found(tmp_path):
    """An empty lake in a folder."""
    return FoundLake(str(tmp_path), FolderStore(tmp_path))


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.integration)])
def anywhere(request, tmp_path):
    """An empty lake of each kind."""
    if request.param == "folder":
        return FoundLake(str(tmp_path), FolderStore(tmp_path))
    client, name = request.getfixturevalue("s3"), f"crawl{next(NAMES)}"
    return FoundLake(f"s3://lake/{name}", S3Store("lake", name, client))
