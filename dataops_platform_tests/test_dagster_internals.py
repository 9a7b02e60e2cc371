"""What is used of Dagster's insides: which names, in which files, for what; and whether this release still has them.

Nothing of the package is imported here: it would not load where a name is gone, and nobody would be told which.
"""

import ast
import inspect
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parents[1] / "dataops_platform"
_CORE = "dagster._core"
_CHECKS = f"{_CORE}.definitions.asset_checks.asset_check_evaluation"
_PLAN = f"{_CORE}.execution.plan"
_STEPS = "running steps side by side in threads"
_EVENTS = "events of one partition in a run over a range"
_FORGOTTEN = "keeping no history of a process that nobody can ask"
_SQLITE = "keeping SQLite's connections open"
_HEALTH = "asking the code server whether a run still goes on"

#: Each file that may import private names of Dagster → each name, and what it is needed for.
ALLOWED = {
    "layers/dagster_internals.py": {
        f"{_CHECKS}.AssetCheckEvaluation": _EVENTS,
        f"{_CHECKS}.AssetCheckEvaluationTargetMaterializationData": _EVENTS,
        f"{_CORE}.events.AssetMaterializationPlannedData": _EVENTS,
        f"{_CORE}.storage.tags.EXTERNALLY_MANAGED_ASSETS_TAG": _EVENTS,
        f"{_PLAN}.active": "silencing a warning about checks that came as events of their own",
        f"{_CORE}.definitions.job_base.InMemoryJob": "starting a run by the job's own executor",
        f"{_CORE}.execution.api.execute_run_iterator": "starting a run by the job's own executor",
        f"{_CORE}.events.RunFailureReason": "telling an interrupt from a failure",
        f"{_PLAN}.objects.StepFailureData": "saying why a step failed",
        f"{_CORE}.events.DagsterEvent": _STEPS,
        f"{_CORE}.events.DagsterEventType": _STEPS,
        f"{_CORE}.events.EngineEventData": _STEPS,
        f"{_CORE}.execution.api.ExecuteRunWithPlanIterable": _STEPS,
        f"{_CORE}.execution.context.system.PlanExecutionContext": _STEPS,
        f"{_CORE}.execution.context.system.PlanOrchestrationContext": _STEPS,
        f"{_CORE}.execution.context.system.StepExecutionContext": _STEPS,
        f"{_CORE}.execution.context_creation_job.PlanExecutionContextManager": _STEPS,
        f"{_PLAN}.active.ActiveExecution": _STEPS,
        f"{_PLAN}.execute_plan.dagster_event_sequence_for_step": _STEPS,
        f"{_PLAN}.instance_concurrency_context.InstanceConcurrencyContext": _STEPS,
        f"{_PLAN}.plan.ExecutionPlan": _STEPS,
        f"{_PLAN}.step.ExecutionStep": _STEPS,
        f"{_CORE}.execution.retries.RetryMode": _STEPS,
    },
    "resources/event_log.py": {
        f"{_CORE}.storage.event_log.sqlite.sqlite_event_log.SqliteEventLogStorage": _SQLITE,
        f"{_CORE}.events.log.EventLogEntry": _FORGOTTEN,
        f"{_CORE}.instance.types.InstanceType": _FORGOTTEN,
        f"{_CORE}.launcher.sync_in_memory_run_launcher.SyncInMemoryRunLauncher": _FORGOTTEN,
        f"{_CORE}.run_coordinator.DefaultRunCoordinator": _FORGOTTEN,
        f"{_CORE}.storage.event_log.in_memory.InMemoryEventLogStorage": _FORGOTTEN,
        f"{_CORE}.storage.noop_compute_log_manager.NoOpComputeLogManager": _FORGOTTEN,
        f"{_CORE}.storage.root.TemporaryLocalArtifactStorage": _FORGOTTEN,
        f"{_CORE}.storage.runs.InMemoryRunStorage": _FORGOTTEN,
        f"{_CORE}.storage.sql.create_engine": _SQLITE,
        f"{_CORE}.storage.sqlite.SQLITE_BUSY_TIMEOUT_SECONDS": _SQLITE,
        "dagster._serdes.ConfigurableClassData": _SQLITE,
    },
    "resources/run_launcher.py": {
        f"{_CORE}.errors.DagsterUserCodeUnreachableError": _HEALTH,
        f"{_CORE}.launcher.base.CheckRunHealthResult": _HEALTH,
        f"{_CORE}.launcher.base.WorkerStatus": _HEALTH,
        "dagster._grpc.client.DagsterGrpcClient": _HEALTH,
        "dagster._grpc.types.CanCancelExecutionRequest": _HEALTH,
        "dagster._grpc.types.CanCancelExecutionResult": _HEALTH,
        "dagster._serdes.deserialize_value": _HEALTH,
    },
}
#: What is called of them, with the parameters that are named in the call.
CALLED = {
    f"{_PLAN}.plan.ExecutionPlan.start": {
        "retry_mode",
        "sort_key_fn",
        "max_concurrent",
        "instance_concurrency_context",
        "step_dependency_config",
    },
    f"{_PLAN}.active.ActiveExecution.get_steps_to_execute": set(),
    f"{_PLAN}.active.ActiveExecution.plan_events_iterator": set(),
    f"{_PLAN}.active.ActiveExecution.concurrency_event_iterator": set(),
    f"{_PLAN}.active.ActiveExecution.check_for_interrupts": set(),
    f"{_PLAN}.active.ActiveExecution.mark_interrupted": set(),
    f"{_PLAN}.active.ActiveExecution.verify_complete": set(),
    f"{_PLAN}.active.ActiveExecution.handle_event": set(),
    f"{_CORE}.events.DagsterEvent.build_asset_materialization_planned_event": set(),
    f"{_CHECKS}.AssetCheckEvaluation": {"partition", "target_materialization_data", "blocking"},
    f"{_CORE}.storage.event_log.sqlite.sqlite_event_log.SqliteEventLogStorage._connect": {"shard"},
    f"{_CORE}.storage.event_log.sqlite.sqlite_event_log.SqliteEventLogStorage._initdb": set(),
}


def private_imports():
    """Each file of the package → the names it imports from Dagster's private modules."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        names = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
        private = {name for name in names if name.startswith("dagster") and "._" in name}
        if private:
            found[file.relative_to(PACKAGE).as_posix()] = private
    return found


def found_in_dagster(path):
    """What is at this path, whatever of it is a module; None where nothing is."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            found = getattr(found, name, None)
        return found
    return None


def moved(path, what):
    return (
        f"Dagster {version('dagster')} {what}. Find in its changes what took the place of {path}, adapt the code, "
        "and run the tests of layers/ and resources/ before the pin in pyproject.toml moves."
    )


def test_private_names_of_dagster_are_imported_in_these_files_alone_and_no_others():
    assert private_imports() == {file: set(names) for file, names in ALLOWED.items()}


@pytest.mark.parametrize(
    ("file", "path", "purpose"),
    [(file, path, purpose) for file, names in ALLOWED.items() for path, purpose in names.items()],
)
def test_this_release_of_dagster_still_has_the_private_name(file, path, purpose):
    what = f"no longer has {path}, which {file} needs for {purpose}"

    assert found_in_dagster(path) is not None, moved(path, what)


@pytest.mark.parametrize(("path", "names"), CALLED.items())
def test_this_release_of_dagster_still_takes_what_is_passed_to_it(path, names):
    called = found_in_dagster(path)
    assert called is not None, moved(path, f"no longer has {path}")

    missing = names - set(inspect.signature(called).parameters)

    assert not missing, moved(path, f"no longer takes {', '.join(sorted(missing))} in {path}")


def test_the_tag_that_defers_events_still_says_what_runs_of_old_were_marked_with():
    tag = found_in_dagster(f"{_CORE}.storage.tags.EXTERNALLY_MANAGED_ASSETS_TAG")

    assert tag == "dagster/defer_asset_events", moved("that tag", f"calls the tag {tag}")
