"""What is wrong outside is told in one sentence, and nothing is written before it is mended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
KEY = "customers/dt=2026-01-01/customers.csv"
BODY = b"customer_id,name\nC1,Ada\n"
KEYS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
NOBODY_LISTENS = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with seaweedfs(tmp_path_factory.mktemp("s3")) as server:
        put(server, "landing", KEY, BODY)
        yield server


def put(server: S3Server, bucket: str, key: str, body: bytes) -> None:
    with closing(server.client()) as client:
        client.put_object(Bucket=bucket, Key=key, Body=body)


def held(server: S3Server) -> dict[str, list[str]]:
    """Every bucket and the keys in it."""
    with closing(server.client()) as client:
        names = sorted(bucket.get("Name", "") for bucket in client.list_buckets().get("Buckets", []))
        return {
            name: [found.get("Key", "") for found in client.list_objects_v2(Bucket=name).get("Contents", [])]
            for name in names
        }


def run(folder: Path, variables: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dataops_platform.cli", *(command or ("sync",))],
        cwd=folder,
        env={
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(result: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that was refused."""
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("dataops: ")
    return lines[0]


@contextmanager
def unchanged(server: S3Server, folder: Path) -> Iterator[None]:
    """Neither a bucket nor the folder holds anything else afterwards."""
    buckets, files = held(server), sorted(folder.rglob("*"))
    yield
    assert held(server) == buckets
    assert sorted(folder.rglob("*")) == files


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        pytest.param(
            KEYS | {"AWS_ENDPOINT_URL": NOBODY_LISTENS},
            [NOBODY_LISTENS, "AWS_ENDPOINT_URL"],
            id="nobody_listens",
        ),
        pytest.param(
            {"AWS_ENDPOINT_URL": NOBODY_LISTENS}, ["No credentials", "AWS_ACCESS_KEY_ID"], id="no_keys"
        ),
        pytest.param(
            KEYS | {"AWS_ENDPOINT_URL": "127.0.0.1:1"}, ["AWS_ENDPOINT_URL"], id="endpoint_is_no_url"
        ),
        pytest.param({"AWS_PROFILE": "nobody"}, ["AWS_PROFILE"], id="unknown_profile"),
        pytest.param(
            KEYS | {"DAGSTER_HOME": "nowhere"}, ["DAGSTER_HOME", "nowhere", "Create it"], id="no_home"
        ),
        pytest.param({"DATAOPS_ENV": "prod"}, ["DATAOPS_ENV", "prod", "production"], id="environment"),
        pytest.param({"DATAOPS_ENGINE": "abacus"}, ["DATAOPS_ENGINE", "abacus", "embedded"], id="engine"),
        pytest.param(
            {"DATAOPS_ENGINE": "spark", "JAVA_HOME": "nowhere"},
            ["Java 17", "none", "JAVA_HOME"],
            id="no_java",
        ),
        pytest.param({"DATAOPS_SENSORS": "maybe"}, ["DATAOPS_SENSORS", "maybe", "on"], id="sensors"),
        pytest.param(
            {"DATAOPS_FIRST_DATE": "1.2.2026"}, ["DATAOPS_FIRST_DATE", "YYYY-MM-DD"], id="first_date"
        ),
        pytest.param(
            {"DATAOPS_LANDING_URL": "ftp://x"}, ["DATAOPS_LANDING_URL", "s3://bucket"], id="landing_url"
        ),
        pytest.param({"DATAOPS_LAKE_URL": "s3://"}, ["DATAOPS_LAKE_URL", "s3://bucket"], id="lake_url"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_may_be(server, tmp_path, variables, told):
    with unchanged(server, tmp_path):
        text = refusal(run(tmp_path, variables))

    assert all(word in text for word in told), text


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        pytest.param(
            {"AWS_SECRET_ACCESS_KEY": "wrong"}, ["credentials", "AWS_SECRET_ACCESS_KEY"], id="wrong_secret"
        ),
        pytest.param({"AWS_ACCESS_KEY_ID": "nobody"}, ["credentials", "AWS_ACCESS_KEY_ID"], id="wrong_key"),
        pytest.param(
            {"DATAOPS_LANDING_URL": "s3://absent"}, ["absent", "DATAOPS_LANDING_URL"], id="no_landing"
        ),
        pytest.param({"DATAOPS_LAKE_URL": "s3://absent"}, ["absent", "DATAOPS_LAKE_URL"], id="no_lake"),
    ],
)
def test_a_server_that_refuses_is_told_with_what_to_check(server, tmp_path, variables, told):
    with unchanged(server, tmp_path):
        text = refusal(run(tmp_path, server.environment() | variables))

    assert all(word in text for word in told), text
    assert server.secret_key not in text


def test_a_landing_folder_that_is_not_there_is_named(tmp_path):
    text = refusal(run(tmp_path, {"DATAOPS_LANDING_URL": "landing", "DATAOPS_LAKE_URL": "lake"}))

    assert "landing does not exist" in text
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_lake_that_is_a_file_is_named_and_kept(tmp_path):
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").write_text("precious")

    text = refusal(run(tmp_path, {"DATAOPS_LANDING_URL": "landing", "DATAOPS_LAKE_URL": "lake"}))

    assert "DATAOPS_LAKE_URL" in text
    assert (tmp_path / "lake").read_text() == "precious"


def listener() -> socket.socket:
    """Somebody who listens on a port low enough for S3, which needs its twin ten thousand above too."""
    for port in range(21_000, 22_000):
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    raise AssertionError("a thousand ports are taken")


@pytest.mark.parametrize("option", ["--port", "--s3-port"])
def test_a_port_in_use_is_named_before_anything_is_started(tmp_path, option):
    with listener() as taken, listener() as free:
        ports = {"--port": free.getsockname()[1], "--s3-port": 22_001} | {option: taken.getsockname()[1]}
        free.close()

        flags = [str(word) for pair in ports.items() for word in pair]
        text = refusal(run(tmp_path, {}, "dev", "--folder", "dev", *flags))

    assert str(ports[option]) in text
    assert "choose another" in text
    assert not (tmp_path / "dev" / "dagster").exists()


def test_a_server_without_encryption_needs_no_further_variable(tmp_path):
    with seaweedfs(tmp_path / "s3") as server:
        put(server, "landing", KEY, BODY)
        variables = {name: value for name, value in server.environment().items() if name != "AWS_ALLOW_HTTP"}

        result = run(tmp_path, variables)

        assert result.returncode == 0, result.stdout + result.stderr


def test_the_demo_leaves_a_folder_alone_that_somebody_serves_from(tmp_path):
    with seaweedfs(tmp_path / "s3") as server:
        put(server, "landing", KEY, BODY)

        text = refusal(run(tmp_path, {}, "demo", "--folder", "."))

        assert "in use by another" in text
        assert held(server)["landing"] == [KEY]
