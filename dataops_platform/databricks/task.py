"""What is submitted to Databricks for one step: the wheel's task, its compute, and whose costs it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from databricks.sdk.service import compute, jobs

from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.databricks.settings import DatabricksSettings

PACKAGE, ENTRY_POINT = "dataops_platform", "dataops-step"
#: Of serverless compute: brings Python 3.12. https://docs.databricks.com/release-notes/serverless/environment-version
ENVIRONMENT_VERSION = "4"
_ENVIRONMENT = "platform"


def request(settings: DatabricksSettings, order: StepOrder, arguments: Sequence[str]) -> dict[str, Any]:
    """The arguments of `jobs.submit` for one run of the step, whose output and costs bear its name."""
    name = f"{order.layer}_{order.table}"
    wheel = jobs.PythonWheelTask(package_name=PACKAGE, entry_point=ENTRY_POINT, parameters=[*arguments])
    told: dict[str, Any] = {"run_name": f"dataops {order.layer}/{order.table} for {order.owner or 'nobody'}"}
    if settings.budget_policy:
        told["budget_policy_id"] = settings.budget_policy
    if not (settings.cluster or settings.new_cluster):
        spec = compute.Environment(dependencies=[settings.wheel], environment_version=ENVIRONMENT_VERSION)
        task = jobs.SubmitTask(task_key=name, python_wheel_task=wheel, environment_key=_ENVIRONMENT)
        return {**told, "tasks": [task], "environments": [jobs.JobEnvironment(_ENVIRONMENT, spec)]}
    task = jobs.SubmitTask(
        task_key=name, python_wheel_task=wheel, libraries=[compute.Library(whl=settings.wheel)]
    )
    if settings.cluster:
        task.existing_cluster_id = settings.cluster
    else:
        tags = {**settings.new_cluster.get("custom_tags", {}), **cost_tags(order)}
        task.new_cluster = compute.ClusterSpec.from_dict({**settings.new_cluster, "custom_tags": tags})
    return {**told, "tasks": [task]}


def cost_tags(order: StepOrder) -> dict[str, str]:
    """By what the bill tells costs apart."""
    return {"team": order.owner.removeprefix("team:"), "table": order.table, "layer": order.layer}
