"""What a job run and whoever submitted it write to each other, by Dagster Pipes, through files of a volume.

Of Dagster's clients for Databricks these are the parts that carry messages; the rest launches and waits in ways that do
not serve here, see docs/decisions/0023.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dagster_databricks.pipes import (
    PipesUnityCatalogVolumesContextInjector,
    PipesUnityCatalogVolumesMessageReader,
)
from dagster_pipes import (
    DAGSTER_PIPES_CONTEXT_CLI_ARGUMENT,
    DAGSTER_PIPES_MESSAGES_CLI_ARGUMENT,
    PipesContextData,
    PipesParams,
    encode_param,
)
from databricks.sdk import WorkspaceClient


class Mail:
    """The letters of one job run.

    Attributes:
        arguments: the command-line arguments by which the run finds its order, and where to answer.
        answer: what it answered; None as long as it has not.
        is_closed: whether it has said that nothing more will come.
    """

    def __init__(
        self, reader: PipesUnityCatalogVolumesMessageReader, order: PipesParams, answers: PipesParams
    ) -> None:
        self._reader = reader
        self._answers = answers
        self._next = 1
        self.arguments = [
            DAGSTER_PIPES_CONTEXT_CLI_ARGUMENT,
            encode_param(order),
            DAGSTER_PIPES_MESSAGES_CLI_ARGUMENT,
            encode_param(answers),
        ]
        self.answer: Mapping[str, Any] | None = None
        self.is_closed = False

    def look(self, announce: Callable[[str], None], log: Callable[[str], None]) -> None:
        """What has come since is read; what the run says of its work is announced, what it warns of is logged.

        Dagster's own loop does this in threads, each of which outlives the run by ten seconds where no end is told.
        """
        while chunk := self._reader.download_messages_chunk(self._next, self._answers):
            try:
                messages = [json.loads(line) for line in chunk.split("\n")]
            except json.JSONDecodeError:  # not whole yet
                return
            self._next += 1
            for message in messages:
                self._hear(message, announce, log)

    def _hear(
        self, message: Mapping[str, Any], announce: Callable[[str], None], log: Callable[[str], None]
    ) -> None:
        told = message.get("params") or {}
        if message["method"] == "log":
            (log if told.get("level") == "WARNING" else announce)(told["message"])
        elif message["method"] == "report_custom_message":
            self.answer = told["payload"]
        elif message["method"] == "closed":
            self.is_closed = True


@contextmanager
def mail(client: WorkspaceClient, volume: str, order: Mapping[str, Any], run_id: str) -> Iterator[Mail]:
    """The order lies in the volume, and answers to it may come; both are gone from there afterwards."""
    context = PipesContextData(
        asset_keys=None,
        code_version_by_asset_key=None,
        provenance_by_asset_key=None,
        partition_key=None,
        partition_key_range=None,
        partition_time_window=None,
        run_id=run_id,
        job_name=None,
        retry_number=0,
        extras={**order},
    )
    reader = PipesUnityCatalogVolumesMessageReader(
        client=client, volume_path=volume, include_stdio_in_messages=False
    )
    injector = PipesUnityCatalogVolumesContextInjector(client=client, volume_path=volume)
    with injector.inject_context(context) as where, reader.get_params() as answers:
        yield Mail(reader, where, answers)
