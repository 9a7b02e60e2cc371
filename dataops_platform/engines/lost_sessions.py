"""Which errors of a Spark server say that a session, its server or its executors are gone."""

from __future__ import annotations

import grpc  # type: ignore[import-untyped]  # its types are a package of their own
from pyspark.errors import PySparkException

#: The server does not know the session or its answer any more: it was restarted, or the session has expired.
_UNKNOWN = (
    "INVALID_HANDLE.OPERATION_ABANDONED",
    "INVALID_HANDLE.OPERATION_NOT_FOUND",
    "INVALID_HANDLE.SESSION_CHANGED",
    "INVALID_HANDLE.SESSION_CLOSED",
    "INVALID_HANDLE.SESSION_NOT_FOUND",
    "NO_ACTIVE_SESSION",
    "RESPONSE_ALREADY_RECEIVED",
    "Received incorrect server side session identifier",
    "RETRIES_EXCEEDED",
)
#: Spark has given up after it tried the lost part again itself, on other executors.
_EXECUTORS = ("ExecutorLostFailure", "FetchFailed", "executor driver exited")
_CONTEXT = ("SparkContext was shut down", "stopped SparkContext", "SparkContext has been shutdown")


def how_lost(error: BaseException) -> str | None:
    """In what way the session was lost, if the error says so; never more of its text, which can hold values."""
    if _status(error) is grpc.StatusCode.UNAVAILABLE:
        return "the server does not answer"
    if not isinstance(error, PySparkException | grpc.RpcError | AssertionError | UserWarning):
        return None
    text = str(error)
    known = next((name for name in _UNKNOWN if name in text or name == _condition(error)), None)
    if known is not None:
        return known if known.isupper() else "the server was restarted"
    if any(words in text for words in _EXECUTORS):
        return "executors ended in the middle of their work"
    if any(words in text for words in _CONTEXT):
        return "the server's Spark was stopped"
    return None


def _status(error: BaseException) -> grpc.StatusCode | None:
    of_pyspark = getattr(error, "getGrpcStatusCode", None)
    found = of_pyspark() if of_pyspark else getattr(error, "code", lambda: None)()
    return found if isinstance(found, grpc.StatusCode) else None


def _condition(error: BaseException) -> str | None:
    return error.getCondition() if isinstance(error, PySparkException) else None
