"""The client of a Databricks workspace: by the SDK's own chain of credentials, and its errors in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.errors.platform import STATUS_CODE_MAPPING

from dataops_platform.databricks.answers import (
    UNKNOWN,
    is_worth_another_try,
    no_answer,
    refusal,
    workspace_url,
)
from dataops_platform.errors import EnvironmentProblem, PlatformError

#: Seconds for which a request that may succeed later is repeated; the SDK's own are 300.
PATIENCE = 120
_TIMEOUT = 30
_TRIES = 4
_Answer = TypeVar("_Answer")


def workspace_client(patience: int = PATIENCE) -> WorkspaceClient:
    """A client of the workspace that the DATABRICKS_* variables, or the profile, name.

    Raises:
        EnvironmentProblem: nobody says who asks, or a token would be sent over an open line.
    """
    try:
        config = Config(retry_timeout_seconds=patience, http_timeout_seconds=_TIMEOUT)
    except ValueError:
        raise EnvironmentProblem(
            "There are no credentials for Databricks: set DATABRICKS_HOST, and DATABRICKS_TOKEN or "
            "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET; or log in with `databricks auth login`."
        ) from None
    workspace_url(config.host)
    return WorkspaceClient(config=config)


@contextmanager
def answered(doing: str) -> Iterator[None]:
    """An answer of Databricks that is none becomes a sentence; transient where another try can help.

    Args:
        doing: what was asked for, to follow "Databricks did not".
    """
    try:
        yield
    except PlatformError:
        raise
    except DatabricksError as error:
        raise refusal(doing, _status(error), error.error_code) from None
    except TimeoutError as error:  # the SDK has asked for as long as it may
        cause = error.__cause__
        if isinstance(cause, DatabricksError):
            raise refusal(doing, _status(cause), cause.error_code) from None
        raise no_answer(doing, type(cause or error).__name__) from None
    except OSError as error:
        raise no_answer(doing, type(error).__name__) from None


def repeated(ask: Callable[[], _Answer], pause: float) -> _Answer:
    """The answer; after a failure of Databricks' own, such as 500 or 502, it is asked for again a few times.

    The SDK does so by itself only where there is no answer, 429 or 503. What is asked must do no harm twice.
    """
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except DatabricksError as error:
            if not is_worth_another_try(_status(error)):
                raise
        time.sleep(pause)
    return ask()


def _status(error: DatabricksError) -> int:
    """The HTTP status the SDK made this error of, where it has a kind for it."""
    kinds = {kind: status for status, kind in STATUS_CODE_MAPPING.items()}
    return next((kinds[kind] for kind in type(error).__mro__ if kind in kinds), UNKNOWN)
