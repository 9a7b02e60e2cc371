"""Staging on S3: files are named for the engine, fetched once for this process, and gone when they are dropped."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.engines.staging import FolderStaging
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.object_store import object_store
from dataops_platform.resources.staging import StoreStaging, staging_at, swept

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """Everything here finds this server."""
    with seaweedfs(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as patched:
        for name, value in server.environment().items():
            patched.setenv(name, value)
        yield server


def put(room, name, rows):
    """A file of these rows, as an executor writes it."""
    sink = BytesIO()
    pq.write_table(pa.table({"n": list(range(rows))}), sink)
    store = object_store(room.url)
    store.put(name, sink.getvalue())


def left(url):
    return [found.key for found in object_store(url).objects()]


@pytest.mark.usefixtures("s3")
def test_files_are_named_for_the_engine_and_fetched_for_this_process():
    url = "s3://lake/one/_staging"
    staging = staging_at(url)
    room = staging.room()
    put(room, "rows/part-1.parquet", 2)
    put(room, "rows/part-0.parquet", 1)
    put(room, "rows/_temporary/0/part-9.parquet", 9)  # of a task that did not end
    put(room, "later-rows/part-0.parquet", 3)

    assert room.files() == [
        f"{room.url}/{name}"
        for name in ("later-rows/part-0.parquet", "rows/part-0.parquet", "rows/part-1.parquet")
    ]
    assert [pq.read_table(path).num_rows for path in room.fetched()] == [3, 1, 2]
    assert room.url.startswith(f"{url}/")

    [first, *_] = room.fetched()
    room.drop()
    assert left(url) == []
    assert not pa.fs.LocalFileSystem().get_file_info(first).is_file
    staging.close()


@pytest.mark.usefixtures("s3")
def test_what_a_run_has_staged_is_gone_with_it_and_what_others_have_is_not():
    url = "s3://lake/two/_staging"
    one, other = staging_at(url), staging_at(url)
    for staging in (one, other):
        put(staging.room(), "rows/part-0.parquet", 1)

    one.close()

    assert len(left(url)) == 1
    other.close()
    assert left(url) == []


@pytest.mark.parametrize("lake", ["s3://lake/three", "folder"])
def test_what_dead_runs_have_left_is_swept_and_what_is_young_is_kept(lake, s3, tmp_path):  # noqa: ARG001
    url = lake if lake.startswith("s3") else str(tmp_path)
    store = object_store(url)
    for key in ("_staging/dead/a/rows/part-0.parquet", "_staging/dead/a/rows/_SUCCESS", "silver/kept"):
        store.put(key, b"")

    assert swept(store) == 0
    assert swept(store, kept=timedelta(seconds=-5)) == 2

    assert [found.key for found in store.objects()] == ["silver/kept"]
    assert not (tmp_path / "_staging").exists()


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_told():
    staging = staging_at("s3://nowhere/_staging")

    with pytest.raises(EnvironmentProblem, match="Bucket nowhere does not exist"):
        staging.room().files()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(EnvironmentProblem, match=r"cannot be staged in .*file/_staging \(Not a directory\)"):
        staging_at(str(tmp_path / "file" / "_staging")).room()


def test_a_url_says_where_staging_is(tmp_path):
    assert isinstance(staging_at("s3://lake/_staging"), StoreStaging)
    assert isinstance(staging_at(f"file://{tmp_path}"), FolderStaging)
