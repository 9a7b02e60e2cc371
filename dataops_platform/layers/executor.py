"""This room's executor: steps of a run side by side, in threads of one process that share one engine session.

While one table's rows are written, which keeps a core or waits for S3, the next table is judged. Dagster 1.13 has
executors for one step at a time and for a process a step, each with an engine of its own; this one is built of the
same parts, most of which are private.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, cast
from uuid import uuid4

import dagster as dg

from dataops_platform.layers.dagster_internals import (
    ActiveExecution,
    DagsterEvent,
    DagsterEventType,
    EngineEventData,
    ExecuteRunWithPlanIterable,
    ExecutionPlan,
    ExecutionStep,
    InMemoryJob,
    InstanceConcurrencyContext,
    PlanExecutionContext,
    PlanExecutionContextManager,
    PlanOrchestrationContext,
    RetryMode,
    RunFailureReason,
    StepExecutionContext,
    dagster_event_sequence_for_step,
    execute_run_iterator,
)
from dataops_platform.layers.turn import Turn, turn_taken

#: Two keep two cores busy; each further one holds another table's rows in memory.
STEPS_AT_ONCE = 2
#: What is done elsewhere needs no core here, only somebody who waits for it.
REMOTE_STEPS_AT_ONCE = 8
_LOOK_EVERY = 0.1


@dg.executor(
    name="multithread",
    config_schema={
        "max_concurrent": dg.Field(
            dg.IntSource,
            default_value=STEPS_AT_ONCE,
            description="Steps of a run that go on at the same time, in threads of one process.",
        )
    },
)
def multithread_executor(init_context: dg.InitExecutorContext) -> dg.Executor:
    """Steps run side by side in threads of the run's process, as far as their dependencies let them."""
    return MultithreadExecutor(cast("int", init_context.executor_config["max_concurrent"]))


def executor_for(*, steps_are_remote: bool) -> dg.ExecutorDefinition:
    """The executor of a platform that does its steps in this process, or elsewhere."""
    if not steps_are_remote:
        return multithread_executor
    return multithread_executor.configured(
        {"max_concurrent": REMOTE_STEPS_AT_ONCE}, name="multithread_remote"
    )


class MultithreadExecutor(dg.Executor):
    """Runs the steps of a plan in threads of this process."""

    def __init__(self, max_concurrent: int = STEPS_AT_ONCE) -> None:
        self._max_concurrent = max_concurrent

    @property
    def retries(self) -> RetryMode:
        """Steps that ask for it are tried again."""
        return RetryMode.ENABLED

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        """Every step of the plan has succeeded, failed or been skipped; yields what happened."""
        here = EngineEventData.in_process(os.getpid(), execution_plan.step_keys_to_execute)
        told = f"Executing steps in {self._max_concurrent} threads of process {os.getpid()}"
        yield DagsterEvent.engine_event(plan_context, told, event_specific_data=here)
        yield from ExecuteRunWithPlanIterable(
            execution_plan=execution_plan,
            iterator=self._steps,
            execution_context_manager=PlanExecutionContextManager(
                job=plan_context.job,
                retry_mode=plan_context.retry_mode,
                execution_plan=execution_plan,
                run_config=plan_context.run_config,
                dagster_run=plan_context.dagster_run,
                instance=plan_context.instance,
                raise_on_error=plan_context.raise_on_error,
                output_capture=plan_context.output_capture,
                step_dependency_config=self.step_dependency_config,
            ),
        )

    def _steps(
        self, job_context: PlanExecutionContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        logs = job_context.instance.compute_log_manager
        log_key = logs.build_log_key_for_run(job_context.run_id, f"threads-{uuid4()}")
        keys = [step.key for step in execution_plan.get_steps_to_execute_in_topo_order()]
        took: dict[str, float] = {}
        with (
            InstanceConcurrencyContext(job_context.instance, job_context.dagster_run) as pools,
            execution_plan.start(
                retry_mode=job_context.retry_mode,
                sort_key_fn=lambda step: _urgency(step, took),
                max_concurrent=self._max_concurrent,
                instance_concurrency_context=pools,
                step_dependency_config=job_context.step_dependency_config,
            ) as active,
            logs.capture_logs(log_key) as captured,
        ):
            yield DagsterEvent.capture_logs(job_context, keys, log_key, captured)
            yield from _Steps(job_context, active, took).events()


def _urgency(step: ExecutionStep, took: Mapping[str, float]) -> float:
    """Lower goes first: the step whose inputs took longest, since it will take long too, and others fit beside it."""
    return -max((took.get(key, 0.0) for key in step.get_execution_dependency_keys()), default=float("inf"))


@dataclass
class _Steps:
    """The steps of one run; each thread tells of its own in `told`, and ends with None or its error."""

    context: PlanExecutionContext
    active: ActiveExecution
    took: dict[str, float]
    turn: Turn = field(default_factory=Turn)
    told: SimpleQueue[tuple[str, DagsterEvent | BaseException | None]] = field(default_factory=SimpleQueue)
    threads: dict[str, Thread] = field(default_factory=dict)
    error: BaseException | None = None

    def events(self) -> Iterator[DagsterEvent]:
        """What happens, until no step is left that can run or is running."""
        try:
            while self.threads or not (self.error or self.active.is_complete):
                with self.turn.held():
                    if self.active.check_for_interrupts():
                        self._stop(dg.DagsterExecutionInterruptedError())
                    if self.error is None:
                        yield from self._started()
                        yield from self.active.plan_events_iterator(self.context)
                yield from self._heard()
        finally:
            for thread in self.threads.values():
                thread.join()
        if self.error is not None:
            raise self.error

    def _started(self) -> Iterator[DagsterEvent]:
        for step in self.active.get_steps_to_execute():
            context = self.context.for_step(step, self.active.get_known_state())
            thread = Thread(
                target=copy_context().run, args=(self._run, step.key, context), name=f"step {step.key}"
            )
            self.threads[step.key] = thread
            thread.start()
        yield from self.active.concurrency_event_iterator(self.context)

    def _run(self, key: str, context: StepExecutionContext) -> None:
        error: BaseException | None = None
        began = monotonic()
        try:
            with turn_taken(self.turn):
                for event in dagster_event_sequence_for_step(context):
                    self.told.put((key, event))
        except BaseException as raised:  # noqa: BLE001  # raised again by the run's own thread
            error = raised
        self.took[key] = monotonic() - began
        self.told.put((key, error))

    def _heard(self) -> Iterator[DagsterEvent]:
        try:
            key, told = self.told.get(timeout=_LOOK_EVERY)
        except Empty:
            return
        with self.turn.held():
            if isinstance(told, DagsterEvent):
                yield told
                self.active.handle_event(told)
                return
            self.threads.pop(key).join()
            if told is not None:
                self._stop(told)
            self.active.verify_complete(self.context, key)

    def _stop(self, error: BaseException) -> None:
        """Nothing more is started, and what is running is told to end."""
        self.error = self.error or error
        self.active.mark_interrupted()
        self.turn.interrupt()


def execute(
    job: dg.JobDefinition, run: dg.RunRequest, instance: dg.DagsterInstance, *, run_config: Mapping[str, Any]
) -> tuple[str, list[DagsterEvent]]:
    """The run is done, in this process and by the job's own executor; its id, and what happened in it.

    Dagster's own way to do this would put an executor of its own, one step at a time, in the place of the job's.

    Raises:
        KeyboardInterrupt: it was interrupted; what its steps had published stands.
    """
    created = instance.create_run_for_job(
        job,
        run_config=run_config,
        tags={**job.run_tags, **run.tags},
        asset_selection=frozenset(run.asset_selection) if run.asset_selection else None,
    )
    events = list(execute_run_iterator(InMemoryJob(job), created, instance))
    if any(
        event.event_type == DagsterEventType.PIPELINE_FAILURE
        and event.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION
        for event in events
    ):
        raise KeyboardInterrupt
    return created.run_id, events
