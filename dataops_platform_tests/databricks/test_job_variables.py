"""What a job run has to know and is not told: from secrets, from its cluster, or by asking who it runs as."""

from __future__ import annotations

import pytest
from pyspark.sql.connect.client import DefaultChannelBuilder

from dataops_platform.databricks.job_variables import cluster_url, job_variables
from dataops_platform.databricks.secrets import secret_variables
from dataops_platform.engines.connect_address import read_connect_address
from dataops_platform.errors import EnvironmentProblem

CLUSTER = "0923-164208-meows279"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "sécret"}
URL = "sc://spark.example/;token=planted"
CONNECT = {"DATAOPS_ENGINE": "connect"}


@pytest.fixture
def scope(credentials):
    """Puts secrets into the scope `lake`, which is gone afterwards."""

    def put(**secrets: str) -> None:
        credentials.secrets.update({("lake", name): value for name, value in secrets.items()})

    yield put
    credentials.secrets.clear()


@pytest.mark.parametrize(
    ("host", "where"),
    [
        ("https://dbc-a1b2345c-d6e7.cloud.databricks.com", "dbc-a1b2345c-d6e7.cloud.databricks.com:443"),
        ("dbc-a1b2345c-d6e7.cloud.databricks.com", "dbc-a1b2345c-d6e7.cloud.databricks.com:443"),
        ("https://spark.example:8443/", "spark.example:8443"),
    ],
)
def test_a_clusters_address_is_its_workspace_with_the_cluster_in_a_header(host, where):
    url = cluster_url(host, "dapi123", CLUSTER)

    assert url == f"sc://{where}/;token=dapi123;x-databricks-cluster-id={CLUSTER}"
    assert str(read_connect_address({"DATAOPS_CONNECT_URL": url})) == where
    assert ("x-databricks-cluster-id", CLUSTER) in DefaultChannelBuilder(url).metadata()


def test_a_token_of_any_letters_reaches_the_cluster_as_it_is():
    url = cluster_url("https://spark.example", "a=b;c/d+e", CLUSTER)

    assert read_connect_address({"DATAOPS_CONNECT_URL": url}).url == url
    assert DefaultChannelBuilder(url).token == "a=b;c/d+e"  # noqa: S105  # no secret


def test_a_workspace_without_encryption_is_sent_no_token():
    with pytest.raises(EnvironmentProblem, match="https://") as problem:
        cluster_url("http://spark.example", "planted", CLUSTER)

    assert "planted" not in str(problem.value)


@pytest.mark.integration
@pytest.mark.parametrize("secrets", [KEYS, {"DATAOPS_CONNECT_URL": URL}, KEYS | {"DATAOPS_CONNECT_URL": URL}])
def test_a_scope_holds_the_lakes_keys_or_an_engines_address_or_both(scope, secrets):
    scope(**secrets, SOMETHING_ELSE="not ours")

    assert secret_variables("lake") == secrets


@pytest.mark.integration
@pytest.mark.parametrize("secrets", [{"AWS_ACCESS_KEY_ID": "planted"}, {"SOMETHING_ELSE": "planted"}])
def test_a_scope_that_lacks_what_it_is_for_is_told_by_the_names(scope, secrets):
    scope(**secrets)

    with pytest.raises(
        EnvironmentProblem, match=r"the scope lake, which holds .* Nothing was begun"
    ) as problem:
        secret_variables("lake")

    assert "DATAOPS_CONNECT_URL" in str(problem.value)
    assert "planted" not in str(problem.value)


@pytest.mark.integration
@pytest.mark.usefixtures("credentials")
def test_a_scope_that_is_not_there_is_named():
    with pytest.raises(EnvironmentProblem, match="the scope elsewhere: 404") as problem:
        secret_variables("elsewhere")

    assert not problem.value.is_transient


@pytest.mark.integration
def test_an_address_in_the_scope_goes_before_that_of_the_cluster_and_that_before_a_derived_one(scope):
    scope(DATAOPS_CONNECT_URL=URL)
    of_the_cluster = CONNECT | {"DATAOPS_CONNECT_URL": "sc://other.example"}

    assert job_variables(of_the_cluster, "lake", CLUSTER) == {"DATAOPS_CONNECT_URL": URL}
    assert job_variables(of_the_cluster, "", CLUSTER) == {}


@pytest.mark.integration
def test_without_an_address_it_is_that_of_the_named_cluster_with_the_token_of_whoever_runs_the_job(
    credentials,
):
    told = job_variables(CONNECT, "", CLUSTER)

    assert told == {"DATAOPS_CONNECT_URL": cluster_url(credentials.host, credentials.token, CLUSTER)}


@pytest.mark.integration
@pytest.mark.parametrize(("of", "where"), [("", "a secret scope"), ("lake", "the scope lake")])
def test_an_engine_without_any_address_is_one_sentence_before_work(scope, of, where):
    scope(**KEYS)

    with pytest.raises(EnvironmentProblem, match=f"nothing says where: put DATAOPS_CONNECT_URL into {where}"):
        job_variables(CONNECT, of, "")


@pytest.mark.integration
def test_a_job_that_has_no_token_of_its_own_says_what_to_do_instead(credentials, monkeypatch):
    monkeypatch.setattr(
        "databricks.sdk.core.Config.authenticate", lambda _self: {"Authorization": "Basic planted"}
    )

    with pytest.raises(EnvironmentProblem, match="personal access token") as problem:
        job_variables(CONNECT, "", CLUSTER)

    assert "planted" not in str(problem.value)
    assert credentials.token not in str(problem.value)


def test_other_engines_need_no_address():
    assert job_variables({"DATAOPS_ENGINE": "embedded"}, "", CLUSTER) == {}
