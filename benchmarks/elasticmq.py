"""ElasticMQ, a server that speaks SQS: fetched once by the Ivy of pyspark, and kept with the benchmarks' files."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionError as NoConnection

from dataops_platform.engines.child_process import guarded_child
from dataops_platform.engines.java import found_java
from dataops_platform.engines.local_spark import free_port
from dataops_platform.engines.spark_jars import pyspark_jars

#: Its version says those of all it needs.
_ORGANISATION, _NAME, _VERSION = "org.elasticmq", "elasticmq-server_2.13", "1.7.1"
_REGION = "eu-central-1"
_TRIES, _TRY_AGAIN_SECONDS = 300, 0.1
_CONNECTIONS = 16


@contextmanager
def elasticmq(cache: Path) -> Iterator[Any]:
    """A boto3 client of a server of its own on a free port of loopback; the server is gone when the block ends."""
    jars = _jars(cache / f"elasticmq-{_VERSION}")
    port = free_port()
    at = {
        "node-address.host": "127.0.0.1",
        "node-address.port": port,
        "rest-sqs.bind-hostname": "127.0.0.1",
        "rest-sqs.bind-port": port,
        "aws.region": _REGION,
    }
    # It shares two cores with what is measured: one collector thread, and a compiler that is soon done.
    flags = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    told = [f"-D{name}={value}" for name, value in at.items()]
    command = [found_java().command, *flags, *told, "-cp", f"{jars}/*", "org.elasticmq.server.Main"]
    with guarded_child(command, folder=cache, log=cache / "elasticmq.log"), closing(_client(port)) as client:
        _until_it_answers(client)
        yield client


def _jars(folder: Path) -> Path:
    """The folder of the server's jars, fetched where they are not there yet."""
    if not folder.is_dir():
        [ivy] = pyspark_jars().glob("ivy-*.jar")
        with TemporaryDirectory(prefix="elasticmq-", dir=folder.parent) as scratch:
            command = [found_java().command, "-jar", str(ivy), "-cache", f"{scratch}/ivy"]
            wanted = ["-dependency", _ORGANISATION, _NAME, _VERSION, "-confs", "default"]
            into = ["-retrieve", f"{scratch}/jars/[artifact]-[revision].[ext]"]
            subprocess.run([*command, *wanted, *into], check=True, stdout=subprocess.DEVNULL)
            Path(scratch, "jars").replace(folder)
    return folder


def _client(port: int) -> Any:
    return boto3.client(
        "sqs",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=_REGION,
        aws_access_key_id="any",  # the server takes whoever comes
        aws_secret_access_key="any",  # noqa: S106
        config=Config(max_pool_connections=_CONNECTIONS),
    )


def _until_it_answers(client: Any) -> None:
    for _ in range(_TRIES):
        try:
            client.list_queues()
        except NoConnection:
            time.sleep(_TRY_AGAIN_SECONDS)
        else:
            return
    raise TimeoutError("ElasticMQ is not up")
