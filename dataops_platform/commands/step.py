"""This file holds what a Databricks job runs: one step, as it was ordered through Dagster Pipes, and its answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dagster_pipes import (
    PipesCliArgsParamsLoader,
    PipesUnityCatalogVolumesContextLoader,
    PipesUnityCatalogVolumesMessageWriter,
    open_dagster_pipes,
)

from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.databricks.job_variables import job_variables
from dataops_platform.databricks.package_identity import package_identity
from dataops_platform.errors import EnvironmentProblem, UnclearRequest
from dataops_platform.layers.remote import answer, done, failure
from dataops_platform.resources.environments import platform_for, read_settings
from dataops_platform.tables import load_tables

_SECONDS_BETWEEN_MESSAGES = 2


def main() -> None:
    """The step was done and its result sent back; or why it was not, and the job run fails with that.

    Raises:
        UnclearRequest: nobody ordered a step through Dagster Pipes.
    """
    order = PipesCliArgsParamsLoader()  # type: ignore[no-untyped-call]
    if not order.is_dagster_pipes_process():
        raise UnclearRequest(
            "dataops-step is what a Databricks job runs; to do what is due, run `dataops sync`."
        )
    problem: BaseException | None = None
    with open_dagster_pipes(
        params_loader=order,
        context_loader=PipesUnityCatalogVolumesContextLoader(),
        message_writer=PipesUnityCatalogVolumesMessageWriter(interval=_SECONDS_BETWEEN_MESSAGES),
    ) as pipes:
        try:
            told = work(pipes.extras, pipes.log.info, pipes.log.warning)
        except Exception as error:  # noqa: BLE001  # told to whoever ordered the step, and raised once he knows
            problem, told = error, failure(error)
        pipes.report_custom_message(told)
    if problem is not None:
        raise problem


def work(
    told: Mapping[str, Any], announce: Callable[[str], None], log: Callable[[str], None]
) -> Mapping[str, Any]:
    """The step that was ordered was done, by the code that the caller has too; its answer.

    Args:
        announce: told what the step works on.
        log: told what the run's log has to say of how it went.

    Raises:
        EnvironmentProblem: this wheel holds other code than the caller's; nothing was done.
        PlatformError: what the step ended with.
    """
    here = package_identity()
    if told["package"] != here:
        raise EnvironmentProblem(
            f"The job run has installed code {here}, and Dagster's side is code {told['package']}: they would not do "
            "the same. Restart the cluster, or deploy the wheel again (docs/databricks.md). Nothing was begun."
        )
    os.environ.update(told["variables"])
    os.environ.update(job_variables(os.environ, told["secret_scope"], told["cluster"]))
    tables = load_tables()
    platform = platform_for(read_settings(), tables)
    try:
        return answer(done(replace(platform, announce=announce), StepOrder.from_json(told["order"]), log))
    finally:
        platform.close()
