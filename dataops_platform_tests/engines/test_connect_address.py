"""The address of a server elsewhere: read or refused in a sentence that never shows it, and looked at before work."""

from __future__ import annotations

import socket

import pytest

from dataops_platform.engines import remote_spark
from dataops_platform.engines.connect_address import read_connect_address
from dataops_platform.engines.local_spark import free_port
from dataops_platform.engines.remote_spark import RemoteSpark
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.environments import read_settings


def address(url):
    return read_connect_address({"DATAOPS_CONNECT_URL": url})


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sc://spark.example", "spark.example:15002"),
        ("sc://spark.example:7000/", "spark.example:7000"),
        ("sc://10.0.0.7:15002/;use_ssl=true;token=planted", "10.0.0.7:15002"),
    ],
)
def test_an_address_is_told_by_host_and_port_alone(url, told):
    assert str(address(url)) == told
    assert "planted" not in repr(address(url))


@pytest.mark.parametrize(
    "url",
    [
        "spark.example:15002;token=planted",
        "https://spark.example/;token=planted",
        "sc://",
        "sc://:15002/;token=planted",
        "sc://spark.example:port/;token=planted",
        "sc://spark.example/path;token=planted",
        "sc://planted@spark.example",
        "sc://spark.example/;token",
        "sc://spark.example/;token=",
        "sc://spark.example/;token=planted;session_id=6f1d0a52-7cbd-4a2a-8a9d-0f7a3f2a6f43",
    ],
)
def test_an_address_that_cannot_be_read_is_one_sentence_without_it(url):
    with pytest.raises(EnvironmentProblem, match="DATAOPS_CONNECT_URL cannot be read") as told:
        address(url)

    assert "planted" not in str(told.value)


def test_an_engine_elsewhere_needs_an_address_and_settings_do_not_show_its_token():
    with pytest.raises(EnvironmentProblem, match=r"needs DATAOPS_CONNECT_URL.*make cluster"):
        read_settings({"DATAOPS_ENGINE": "connect"})

    told = {"DATAOPS_ENGINE": "connect", "DATAOPS_CONNECT_URL": "sc://localhost/;token=planted"}
    settings = read_settings({**told, "DATAOPS_LAKE_URL": "s3://lake/shop/"})
    assert "planted" not in repr(settings)
    assert settings.staging_url == "s3://lake/shop/_staging"


def test_where_nothing_listens_is_told_at_once_and_worth_another_try():
    with pytest.raises(Unreachable, match=r"No Spark Connect server answers at localhost:.*refused"):
        RemoteSpark(address(f"sc://localhost:{free_port()}")).start()


def test_a_host_that_nobody_knows_is_told_at_once_and_not_tried_again():
    with pytest.raises(EnvironmentProblem, match=r"answers at no\.such\.invalid:15002") as told:
        RemoteSpark(address("sc://no.such.invalid")).start()

    assert not told.value.is_transient


def test_what_listens_and_is_no_spark_is_told(monkeypatch):
    monkeypatch.setattr(remote_spark, "_FIRST_LOOK", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]

        with pytest.raises(EnvironmentProblem, match="does not speak as a Spark Connect server does"):
            RemoteSpark(address(f"sc://localhost:{port}")).start()
