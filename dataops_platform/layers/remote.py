"""This room's remote steps: how a step that another machine does is asked for there, and what comes back.

Both ends are here. What travels back is the whole of a `StepResult`, as JSON, so that whoever asked reports it to
Dagster exactly as if he had done the work himself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from dataops_platform import errors
from dataops_platform.core.platform import Platform
from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.errors import PlatformError
from dataops_platform.layers.steps import STEPS, StepResult

_STARTED = "started"


def done(platform: Platform, order: StepOrder, log: Callable[[str], None] = lambda _text: None) -> StepResult:
    """The step was done: here, or where this environment has steps done."""
    if platform.remote is None:
        table, step = platform.table(order.table), STEPS[order.layer]
        return platform.engine.again_if_lost(
            lambda: step(platform, table, list(order.dates), order.run_id), log
        )
    return read(platform.remote.done(order, platform.announce, log))


def answer(result: StepResult) -> dict[str, Any]:
    """The result as JSON has it."""
    told: dict[str, Any] = TypeAdapter(StepResult).dump_python(result, mode="json", exclude={_STARTED})
    return {"result": told}


def failure(error: BaseException) -> dict[str, Any]:
    """Why there is no result, as JSON has it; of an error nobody foresaw its kind, since its text may quote rows."""
    is_ours = isinstance(error, PlatformError)
    return {"error": {"kind": type(error).__name__, "text": str(error) if is_ours else ""}}


def read(told: Mapping[str, Any]) -> StepResult:
    """The result that an answer tells.

    Raises:
        PlatformError: the one that the step ended with there; of the same kind, in the same words.
    """
    if "result" in told:
        return TypeAdapter(StepResult).validate_python(told["result"])
    kind, text = told["error"]["kind"], told["error"]["text"]
    found = getattr(errors, kind, None)
    if isinstance(found, type) and issubclass(found, PlatformError):
        raise found(text)
    raise PlatformError(
        f"The step ended with {kind} where it ran, which nobody foresaw; its partitions are still due. The trace is in "
        "the output of its job run. Please report it."
    )
