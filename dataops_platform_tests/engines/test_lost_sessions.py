"""Errors that say that a session is gone are told from those that say that a question was wrong."""

from __future__ import annotations

import grpc  # type: ignore[import-untyped]
import pytest
from pyspark.errors import AnalysisException, PySparkAssertionError
from pyspark.errors.exceptions.connect import SparkConnectGrpcException, SparkException

from dataops_platform.engines.lost_sessions import how_lost


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SparkConnectGrpcException("x", grpc_status_code=grpc.StatusCode.UNAVAILABLE), "does not answer"),
        (
            SparkException("[INVALID_HANDLE.SESSION_CHANGED] The existing Spark server driver instance has"),
            "INVALID_HANDLE.SESSION_CHANGED",
        ),
        (
            PySparkAssertionError("Received incorrect server side session identifier for request."),
            "restarted",
        ),
        (SparkException("Job aborted: ExecutorLostFailure (executor 1 exited)"), "executors ended"),
        (SparkException("Job 7 cancelled because SparkContext was shut down"), "was stopped"),
    ],
)
def test_a_loss_is_told_in_words_of_ours(error, told):
    assert told in (how_lost(error) or "")


@pytest.mark.parametrize(
    "error",
    [
        AnalysisException("[UNRESOLVED_COLUMN] no column `planted`"),
        SparkException("[DIVIDE_BY_ZERO] Division by zero"),
        ZeroDivisionError("ExecutorLostFailure"),
        SparkConnectGrpcException("x", grpc_status_code=grpc.StatusCode.INTERNAL),
    ],
)
def test_a_wrong_question_is_no_loss(error):
    assert how_lost(error) is None
