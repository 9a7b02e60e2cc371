"""S3 that is slow, fails, refuses or loses its answers: nothing is lost or doubled, and what was wrong is told."""

from contextlib import closing

import boto3
import pytest
from botocore.config import Config

from dataops_platform.core.landed_object import PART
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.object_store import S3Store
from dataops_platform_tests.reliability.fault_proxy import (
    answer_lost,
    broken_off,
    fault_proxy,
    refused,
    reset,
    silent,
)
from dataops_platform_tests.reliability.landing_area import DAY

pytestmark = pytest.mark.integration

UNAVAILABLE, SLOW_DOWN = refused(500, "InternalError"), refused(503, "SlowDown")


@pytest.fixture
def proxy(weed_server):
    with fault_proxy(weed_server.endpoint) as found:
        yield found


@pytest.fixture
def through(proxy, weed_server, weed_area):
    """The stores of the area as seen through the proxy."""
    client = boto3.client(
        "s3",
        endpoint_url=proxy.endpoint,
        aws_access_key_id=weed_server.access_key,
        aws_secret_access_key=weed_server.secret_key,
        region_name="us-east-1",
        config=Config(retries={"mode": "standard", "total_max_attempts": 4}, s3={"addressing_style": "path"},
                      read_timeout=1),
    )  # fmt: skip
    with closing(client):
        yield {
            name: S3Store(store.name, store.prefix.rstrip("/"), client)
            for name, store in (("landing", weed_area.landing), ("lake", weed_area.lake))
        }


@pytest.fixture
def area(weed_area):
    """Three small files and one of several parts have landed."""
    for number in range(3):
        weed_area.land(f"customers/dt={DAY}/{number}.csv", b"id\n%d\n" % number)
    weed_area.land(f"customers/dt={DAY}/large.csv", b"x" * (2 * PART + 7))
    return weed_area


FAULTS = {
    "a GET that fails": (UNAVAILABLE, "GET"),
    "a GET that is to slow down": (SLOW_DOWN, "GET"),
    "a GET that breaks off": (broken_off, "GET"),
    "a GET that is reset": (reset, "GET"),
    "a PUT that fails": (UNAVAILABLE, "PUT"),
    "a PUT that is to slow down": (SLOW_DOWN, "PUT"),
    "a PUT that is reset": (reset, "PUT"),
    "a PUT whose answer is lost": (answer_lost, "PUT"),
    "a PUT that meets another": (refused(409, "ConditionalRequestConflict"), "PUT"),
    "a completed upload whose answer is lost": (answer_lost, "POST"),
    "a completed upload that fails": (UNAVAILABLE, "POST"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_this_fault_once_at_each_address_costs_time_and_nothing_else(area, proxy, through, fault):
    how, method = FAULTS[fault]
    proxy.spoil(how, method=method, first=1)

    done = area.ingest(**through)

    assert len(done.copied) == 4
    area.assert_whole()


@pytest.mark.parametrize("fault", ["a PUT whose answer is lost", "a GET that fails"])
def test_a_store_that_stays_broken_says_so_and_the_next_pass_finishes(area, proxy, through, fault):
    how, method = FAULTS[fault]
    before = area.present()
    proxy.spoil(how, method=method)
    with pytest.raises(Unreachable, match="did not answer"):
        area.step(**through).run(before.keys)
    proxy.mend()

    area.ingest(**through)

    area.assert_whole()


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (400, "ExpiredToken")])
def test_a_store_that_refuses_one_object_is_told_with_it_and_takes_the_others(
    area, proxy, through, status, code
):
    whole = f"customers/dt={DAY}/1.csv"
    proxy.fault = lambda method, path: (
        refused(status, code) if (method, path[-5:]) == ("GET", "1.csv") else None
    )

    done = area.ingest(**through)

    assert len(done.copied) == 3
    assert list(done.failed) == [whole]
    assert f"refused the credentials ({code})" in str(done.failed[whole])
    proxy.mend()
    area.ingest(**through)
    area.assert_whole()


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (400, "ExpiredToken")])
def test_a_landing_area_that_cannot_be_listed_is_told_with_what_to_check(area, proxy, through, status, code):
    proxy.spoil(refused(status, code))

    with pytest.raises(EnvironmentProblem, match=r"refused the credentials .* Check AWS_ACCESS_KEY_ID"):
        area.ingest(**through)


def test_a_silent_server_is_given_up_on_and_the_next_pass_finishes(area, proxy, through):
    proxy.spoil(silent, method="PUT")

    with pytest.raises(Unreachable, match="did not answer"):
        area.ingest(**through)

    proxy.mend()
    area.ingest(**through)
    area.assert_whole()
