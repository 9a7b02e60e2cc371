"""The S3 server of laptops and tests: real, private to the machine, and gone when it is no longer needed."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.errors import EnvironmentProblem

pytestmark = pytest.mark.integration

needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's /proc")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as running:
        yield running


def objects(server: S3Server, bucket: str) -> dict[str, bytes]:
    client = server.client()
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def listening_addresses(process_id: int) -> set[str]:
    """The local addresses, as the kernel writes them, on which a process accepts connections."""
    links = [str(link.readlink()) for link in Path(f"/proc/{process_id}/fd").iterdir()]
    sockets = {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{process_id}/net/{table}").read_text().splitlines()[1:]
    ]
    return {line[1].split(":")[0] for line in lines if line[3] == "0A" and line[9] in sockets}


@contextmanager
def listener() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_its_buckets_are_there_and_take_objects_at_once(server: S3Server) -> None:
    server.client().put_object(Bucket="landing", Key="transactions/dt=2026-06-01/a.csv", Body=b"x\n")

    assert objects(server, "landing") == {"transactions/dt=2026-06-01/a.csv": b"x\n"}
    assert objects(server, "lake") == {}


def test_it_listens_on_the_loopback_interface_only(server: S3Server) -> None:
    assert server.endpoint.startswith("http://127.0.0.1:")


@needs_proc
def test_none_of_its_ports_can_be_reached_from_outside(server: S3Server) -> None:
    assert listening_addresses(server.process_id) == {"0100007F"}


def test_a_wrong_secret_is_refused(server: S3Server) -> None:
    stranger = S3Server(server.endpoint, server.access_key, "wrong", server.log, server.process_id)

    with pytest.raises(stranger.client().exceptions.ClientError, match="SignatureDoesNotMatch"):
        stranger.client().list_buckets()


def test_its_environment_is_all_a_client_needs(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)

    names = {bucket["Name"] for bucket in boto3.session.Session().client("s3").list_buckets()["Buckets"]}
    assert names == {"landing", "lake"}


def test_its_secret_is_for_its_owner_only_and_not_in_its_text(server: S3Server) -> None:
    assert server.secret_key not in repr(server)
    assert stat.S_IMODE((server.log.parent / "s3.json").stat().st_mode) == 0o600


def test_a_second_start_on_the_folder_has_the_objects_and_keys_of_the_first(tmp_path: Path) -> None:
    with seaweedfs(tmp_path, buckets=["lake"]) as first:
        first.client().put_object(Bucket="lake", Key="kept", Body=b"kept")
    with seaweedfs(tmp_path, buckets=["lake", "new"]) as second:
        assert objects(second, "lake") == {"kept": b"kept"}
        assert objects(second, "new") == {}

    assert (first.access_key, first.secret_key) == (second.access_key, second.secret_key)


def test_several_servers_run_side_by_side_and_share_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        folders = [tmp_path / str(number) for number in range(3)]
        running = list(pool.map(lambda folder: stack.enter_context(seaweedfs(folder)), folders))
        for server in running:
            server.client().put_object(Bucket="lake", Key="of", Body=server.endpoint.encode())

        assert [objects(server, "lake") for server in running] == [
            {"of": server.endpoint.encode()} for server in running
        ]


def test_a_folder_serves_one_server_at_a_time(server: S3Server) -> None:
    with pytest.raises(EnvironmentProblem, match="in use by another SeaweedFS"), seaweedfs(server.log.parent):
        pass


def test_a_chosen_port_is_used(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1] - 10_000

    with seaweedfs(tmp_path, port=port) as server:
        assert server.endpoint == f"http://127.0.0.1:{port}"


def test_a_chosen_port_in_use_is_named_at_once_with_what_to_do(tmp_path: Path) -> None:
    with listener() as port:
        with pytest.raises(EnvironmentProblem) as refusal, seaweedfs(tmp_path, port=port - 10_000):
            pass

        assert str(refusal.value) == (
            f"Port {port}, which SeaweedFS needs for S3 on port {port - 10_000}, is in use on 127.0.0.1: "
            "stop the process that listens there, or choose another port."
        )


def test_a_port_without_room_for_its_twin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="from 1 to 55535"), seaweedfs(tmp_path, port=60_000):
        pass


def test_a_server_that_dies_while_starting_says_where_its_last_words_are(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "filerldb2").write_text("a file where a folder should be")

    with pytest.raises(EnvironmentProblem, match=str(tmp_path / "seaweedfs.log")), seaweedfs(tmp_path):
        pass
