"""This file holds what a Databricks job of the bundle runs: a `dataops` command, with the variables it is given."""

from __future__ import annotations

import os
import re
import sys

from dataops_platform.cli import dataops
from dataops_platform.databricks.job_variables import job_variables
from dataops_platform.errors import UnclearRequest

#: A job's compute has no variables of its own where it is serverless; credentials are no parameters.
_VARIABLE = re.compile(r"((?:DATAOPS_[A-Z_]+|AWS_REGION|AWS_DEFAULT_REGION)=)(.*)")


def main() -> None:
    """The command was run, as in `dataops-job DATAOPS_LAKE_URL=s3://lake sync`; the job fails where it does.

    Raises:
        UnclearRequest: there is no command.
    """
    words = sys.argv[1:]
    while words and (found := _VARIABLE.fullmatch(words[0])):
        os.environ[found[1].rstrip("=")] = found[2]
        words = words[1:]
    scope = os.environ.get("DATAOPS_DATABRICKS_SECRET_SCOPE", "")
    cluster = os.environ.get("DATAOPS_DATABRICKS_CLUSTER", "")
    os.environ.update(job_variables(os.environ, scope, cluster))
    if not words:
        raise UnclearRequest("dataops-job runs a command: DATAOPS_LAKE_URL=s3://lake sync.")
    try:
        dataops(words, standalone_mode=False)
    except SystemExit as end:
        if end.code:  # Databricks takes an exit by 0 for a failure too, on some of its runtimes
            raise
