"""What the process of a job run has to know beyond what it was told: secrets, and where its engine computes."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from dataops_platform.databricks.answers import workspace_url
from dataops_platform.databricks.secrets import secret_variables
from dataops_platform.databricks.settings import CONNECT_URL
from dataops_platform.errors import EnvironmentProblem

_HTTPS = 443
_BEARER = "Bearer "


def job_variables(given: Mapping[str, str], scope: str, cluster: str) -> dict[str, str]:
    """The variables that are to join those `given`; none of them travels, or is in a log.

    For the engine `connect` the address is what the secret scope says, else what is given (a cluster's
    spark_env_vars), else the cluster's own at the workspace that the job runs in, with the token of the job run.

    Raises:
        EnvironmentProblem: the scope does not hold what it should, or nothing says where the engine is.
    """
    found = secret_variables(scope) if scope else {}
    if given.get("DATAOPS_ENGINE") != "connect" or found.get(CONNECT_URL) or given.get(CONNECT_URL):
        return found
    if not cluster:
        raise EnvironmentProblem(
            f"DATAOPS_DATABRICKS_ENGINE=connect is to compute, and nothing says where: put {CONNECT_URL} into "
            f"{f'the scope {scope}' if scope else 'a secret scope'} or into the cluster's spark_env_vars, or name a "
            "cluster by DATAOPS_DATABRICKS_CLUSTER. Nothing was begun."
        )
    return {**found, CONNECT_URL: _own_address(cluster)}


def cluster_url(host: str, token: str, cluster: str) -> str:
    """The Spark Connect address of a cluster: its workspace, which is told by a header which cluster is meant.

    As Databricks documents it for its own clients:
    https://docs.databricks.com/aws/en/dev-tools/databricks-connect/python/advanced

    Args:
        host: the workspace, as DATABRICKS_HOST or the SDK tells it.
        token: lets in; the documentation names personal access tokens only.
        cluster: the identity of a cluster of that workspace.
    """
    url = workspace_url(host)
    where = f"sc://{url.hostname}:{url.port or _HTTPS}/"
    return f"{where};token={quote(token, safe='')};x-databricks-cluster-id={cluster}"


def _own_address(cluster: str) -> str:
    from dataops_platform.databricks.client import answered, workspace_client

    with answered("give the job run its own token"):
        config = workspace_client().config
        said = config.authenticate().get("Authorization", "")
    if not said.startswith(_BEARER):
        raise EnvironmentProblem(
            f"The job run has no token for the Spark of cluster {cluster}: put {CONNECT_URL} with a personal access "
            "token into a secret scope (docs/databricks.md). Nothing was begun."
        )
    return cluster_url(config.host, said.removeprefix(_BEARER), cluster)
