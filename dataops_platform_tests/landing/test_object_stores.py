"""Object stores: a folder and a bucket keep the same promises."""

import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config

from dataops_platform.core.landed_object import PART, StoredObject
from dataops_platform.errors import EnvironmentProblem, ObjectChanged
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.object_store import S3Store, object_store

NAMES = count()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """A client of a real S3 server with an empty bucket `landing`."""
    from dataops_platform.demo.seaweedfs import seaweedfs  # only the integration tests need it

    with seaweedfs(tmp_path_factory.mktemp("s3")) as server, closing(server.client()) as client:
        yield client


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.integration)])
def store(request, tmp_path):
    """An empty store of each kind."""
    if request.param == "folder":
        (tmp_path / "landing").mkdir()
        return FolderStore(tmp_path / "landing")
    client = request.getfixturevalue("bucket")
    return S3Store("landing", f"test{next(NAMES)}", client)


def keys(store, prefix=""):
    return [found.key for found in store.objects(prefix)]


def test_a_new_object_is_created_and_read_back(store):
    assert store.create("a/b.csv", b"x\r\n") is True

    assert store.read("a/b.csv") == b"x\r\n"


def test_an_object_that_exists_is_never_overwritten(store):
    store.create("a.csv", b"first")

    assert store.create("a.csv", b"second") is False
    assert store.read("a.csv") == b"first"


def test_what_is_put_takes_the_place_of_what_was_there(store):
    store.put("a/b.html", b"first, and longer")
    store.put("a/b.html", b"second")

    assert store.read("a/b.html") == b"second"
    assert keys(store) == ["a/b.html"]


def test_of_many_writers_of_one_key_one_wins(store):
    with ThreadPoolExecutor(8) as threads:
        wins = list(threads.map(lambda n: store.create("a.csv", b"%d" % n), range(8)))

    assert wins.count(True) == 1
    assert store.read("a.csv") == b"%d" % wins.index(True)
    assert keys(store) == ["a.csv"]


def test_a_listing_says_key_size_version_and_when_it_landed(store):
    store.create("a/b.csv", b"12345")

    [found] = store.objects()

    assert (found.key, found.size) == ("a/b.csv", 5)
    assert found.etag
    assert abs(found.landed_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert found.landed_at.microsecond == 0


def test_objects_are_listed_in_the_order_of_keys_below_a_prefix(store):
    for key in ("b/1.csv", "a/2.csv", "a/1.csv", "ab/1.csv"):
        store.create(key, b"x")

    assert keys(store) == ["a/1.csv", "a/2.csv", "ab/1.csv", "b/1.csv"]
    assert keys(store, "a/") == ["a/1.csv", "a/2.csv"]
    assert keys(store, "a") == ["a/1.csv", "a/2.csv", "ab/1.csv"]
    assert keys(store, "z/") == []


def test_folders_are_the_next_segments_below_a_prefix(store):
    for key in ("bronze/source=x/1", "bronze/source=y/1/2", "bronze/file", "silver/1"):
        store.create(key, b"x")

    assert sorted(store.folders("bronze/")) == ["source=x", "source=y"]
    assert sorted(store.folders("")) == ["bronze", "silver"]
    assert store.folders("gold/") == []


def test_what_is_not_there_reads_as_nothing(store):
    assert store.read("a.csv") is None


def opened(store, stored):
    """All bytes of one version."""
    return b"".join(store.open(stored))


def listed(store):
    """The store's one object."""
    [found] = store.objects()
    return found


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART + 3])
def test_an_object_of_any_size_is_written_and_read_in_parts(store, size):
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    parts = [body[start : start + PART] for start in range(0, size, PART)]

    assert store.create("a.csv", iter(parts)) is True

    found = listed(store)
    assert found.size == size
    assert opened(store, found) == body
    assert max((len(part) for part in store.open(found)), default=0) <= PART


def test_an_object_is_opened_as_the_version_that_was_listed_or_not_at_all(store):
    store.create("a.csv", b"x")
    found = listed(store)

    assert opened(store, found) == b"x"
    for other in (replace(found, etag="another"), replace(found, key="b.csv")):
        with pytest.raises(ObjectChanged):
            opened(store, other)
    assert opened(store, replace(found, etag="")) == b"x"


def test_a_large_object_that_exists_is_never_overwritten_and_its_parts_leave_nothing(store):
    store.create("a.csv", b"first")

    assert store.create("a.csv", [b"x" * PART, b"y"]) is False

    assert opened(store, listed(store)) == b"first"


def test_of_many_writers_of_one_large_key_one_wins(store):
    """SeaweedFS may tell several that finish at the same moment so; what it keeps is what one of them wrote, whole."""

    def create(number):
        return store.create("a.csv", [b"%d" % number * PART, b"end"])

    with ThreadPoolExecutor(4) as threads:
        wins = list(threads.map(create, range(4)))

    assert wins.count(True) in (range(1, 5) if isinstance(store, S3Store) else {1})
    assert opened(store, listed(store)) in [b"%d" % n * PART + b"end" for n, won in enumerate(wins) if won]


def test_a_body_that_breaks_off_leaves_no_object(store):
    def body():
        yield b"x" * PART
        yield b"y" * PART
        raise ObjectChanged

    with pytest.raises(ObjectChanged):
        store.create("a.csv", body())

    assert keys(store) == []


def test_a_listing_can_begin_after_a_key(store):
    for key in ("a/1.csv", "a/2.csv", "b/1.csv"):
        store.create(key, b"x")

    assert [found.key for found in store.objects(after="a/1.csv")] == ["a/2.csv", "b/1.csv"]
    assert [found.key for found in store.objects("a/", after="a/1")] == ["a/1.csv", "a/2.csv"]
    assert [found.key for found in store.objects("a/", after="b")] == []


@pytest.mark.integration
def test_an_upload_that_breaks_off_leaves_no_part_behind(bucket):
    store = S3Store("landing", f"test{next(NAMES)}", bucket)

    def body():
        yield b"x" * PART
        yield b"y" * PART
        raise ObjectChanged

    with pytest.raises(ObjectChanged):
        store.create("a.csv", body())

    assert bucket.list_multipart_uploads(Bucket="landing").get("Uploads", []) == []


def test_a_folder_without_room_says_so_and_is_left_as_it_was(tmp_path):
    (tmp_path / "full").mkdir()
    store = FolderStore(tmp_path / "full")
    full = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, full[1]))
    try:
        with pytest.raises(EnvironmentProblem, match=r"could not take a new file .* Make room"):
            store.create("a.csv", b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, full)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

    assert list((tmp_path / "full").rglob("*.*")) == []


@pytest.fixture
def versioned(bucket):
    """A bucket that keeps every version."""
    name = f"versions{next(NAMES)}"
    bucket.create_bucket(Bucket=name)
    bucket.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return S3Store(name, client=bucket)


@pytest.mark.integration
def test_a_versioned_bucket_tells_the_version_and_still_has_it_when_it_is_overwritten_midway(
    versioned, bucket
):
    bucket.put_object(Bucket=versioned.name, Key="a.csv", Body=b"1" * (PART + 5))
    found = versioned.open(listed(versioned))
    first = bucket.head_object(Bucket=versioned.name, Key="a.csv")["VersionId"]
    bucket.put_object(Bucket=versioned.name, Key="a.csv", Body=b"2")

    assert (found.version_id, b"".join(found)) == (first, b"1" * (PART + 5))
    told = bucket.head_object(Bucket=versioned.name, Key="a.csv", VersionId=first)
    named = StoredObject("a.csv", PART + 5, told["ETag"].strip('"'), told["LastModified"], first)
    assert opened(versioned, named) == b"1" * (PART + 5)


@pytest.mark.integration
def test_an_object_overwritten_midway_is_told_where_no_version_is_kept(bucket):
    store = S3Store("landing", f"test{next(NAMES)}", bucket)
    bucket.put_object(Bucket="landing", Key=store.prefix + "a.csv", Body=b"1" * (PART + 5))
    found = store.open(listed(store))
    bucket.put_object(Bucket="landing", Key=store.prefix + "a.csv", Body=b"2" * (PART + 5))

    with pytest.raises(ObjectChanged):
        b"".join(found)


def test_objects_are_encrypted_as_the_variables_for_the_tables_say(monkeypatch):
    asked = {}
    taking = SimpleNamespace(put_object=lambda **told: asked.update(told))
    monkeypatch.setenv("AWS_SERVER_SIDE_ENCRYPTION", "aws:kms")
    monkeypatch.setenv("AWS_SSE_KMS_KEY_ID", "arn:aws:kms:eu-central-1:0:key/a")

    S3Store("lake", client=taking).create("a", b"x")

    assert asked["ServerSideEncryption"] == "aws:kms"
    assert asked["SSEKMSKeyId"] == "arn:aws:kms:eu-central-1:0:key/a"


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(EnvironmentProblem, match=r"does not exist\. Create it"):
        list(FolderStore(tmp_path / "nowhere").objects())


@pytest.mark.integration
def test_a_missing_bucket_says_what_to_do(bucket):
    with pytest.raises(EnvironmentProblem, match=r"Bucket nowhere does not exist .* Create it"):
        list(S3Store("nowhere", client=bucket).objects())


@pytest.mark.integration
def test_wrong_credentials_are_told_without_the_secret(bucket):

    stranger = boto3.client(
        "s3",
        endpoint_url=bucket.meta.endpoint_url,
        aws_access_key_id="stranger",
        aws_secret_access_key="hidden-word",  # noqa: S106  # nobody's
        region_name="us-east-1",
    )
    with closing(stranger), pytest.raises(EnvironmentProblem, match="refused the credentials") as refusal:
        list(S3Store("landing", client=stranger).objects())

    assert "hidden-word" not in str(refusal.value)


def test_a_server_that_does_not_answer_is_worth_another_try():

    once = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    nobody = boto3.client("s3", endpoint_url="http://127.0.0.1:9", config=once)
    with closing(nobody), pytest.raises(EnvironmentProblem, match="S3 did not answer") as problem:
        list(S3Store("landing", client=nobody).objects())

    assert problem.value.is_transient


def test_a_url_names_a_bucket_with_a_prefix_or_a_folder(tmp_path):
    assert isinstance(object_store("s3://bucket/some/prefix"), S3Store)
    assert object_store("s3://bucket/some/prefix").name == "bucket"
    assert object_store(str(tmp_path)).name == tmp_path.name
    assert object_store(f"file://{tmp_path}").name == tmp_path.name
