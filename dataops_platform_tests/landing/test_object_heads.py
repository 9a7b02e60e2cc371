"""Object heads: a key's head tells what a listing tells of it, so that both give a version the same name."""

from contextlib import closing
from itertools import count

import boto3
import pytest
from botocore.config import Config

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.object_heads import S3Heads
from dataops_platform.resources.object_store import S3Store

pytestmark = pytest.mark.integration
NAMES = count()
KEYS = ["customers/a.csv", "customers/a b+c%2B.csv", "customers/naïve 漢字.csv"]


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory):
    from dataops_platform.demo.seaweedfs import seaweedfs

    with seaweedfs(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["moto", "seaweed"])
def store(request, monkeypatch):
    if request.param == "seaweed":
        for name, value in request.getfixturevalue("seaweed").environment().items():
            monkeypatch.setenv(name, value)
        # The platform's own client: it has a way of its own to read times.
        found = S3Store("landing", f"heads{next(NAMES)}")
        with closing(found.client):
            yield found
    else:
        aws = request.getfixturevalue("aws")
        yield S3Store(aws.bucket(), "heads", aws.s3)


@pytest.mark.parametrize("key", KEYS)
def test_a_head_tells_what_the_listing_tells(store, key):
    store.create(key, b"12345")

    [listed] = store.objects(key)

    assert S3Heads(store).head(key) == listed


def test_what_is_not_there_has_no_head(store):
    store.create("customers/a.csv.gz", b"x")

    assert S3Heads(store).head("customers/a.csv") is None


def test_an_object_that_is_refused_says_which_permissions_it_takes():
    store = S3Store("landing", "", Refusing("403"))

    with pytest.raises(EnvironmentProblem, match=r"refused .* s3:GetObject .* s3:ListBucket") as problem:
        S3Heads(store).head("customers/secret-word.csv")

    assert not problem.value.is_transient
    assert "secret-word" not in str(problem.value)


class Refusing:
    """A client of S3 that answers every head with one status."""

    def __init__(self, code):
        self._code = code

    def head_object(self, **_told):
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": self._code}}, "HeadObject")


def test_a_server_that_does_not_answer_is_worth_another_try():
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    nobody = boto3.client("s3", endpoint_url="http://127.0.0.1:9", config=once)

    with closing(nobody), pytest.raises(EnvironmentProblem, match="did not tell") as problem:
        S3Heads(S3Store("landing", client=nobody)).head("a.csv")

    assert problem.value.is_transient


def test_a_server_in_trouble_is_worth_another_try():
    with pytest.raises(EnvironmentProblem, match=r"\(503\)") as problem:
        S3Heads(S3Store("landing", "", Refusing("503"))).head("a.csv")

    assert problem.value.is_transient
