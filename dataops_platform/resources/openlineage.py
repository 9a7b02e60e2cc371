"""OpenLineage's own client: sends events to where its own variables or `openlineage.yml` say; off where none does."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from dataops_platform.core.step_events import StepEvent

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

_LOG = logging.getLogger(__name__)
_FILE = "openlineage.yml"


def is_configured(variables: Mapping[str, str] | None = None) -> bool:
    """Whether anything tells OpenLineage's client where to send to; without, it would print events."""
    given = os.environ if variables is None else variables
    if given.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    told = given.get("OPENLINEAGE_URL") or any(name.startswith("OPENLINEAGE__TRANSPORT") for name in given)
    files = (given.get("OPENLINEAGE_CONFIG") or _FILE, Path.home() / ".openlineage" / _FILE)
    return bool(told) or any(Path(file).is_file() for file in files)


def namespace() -> str:
    """The group of jobs that ours are in, as OpenLineage's integrations have it: by `OPENLINEAGE_NAMESPACE`."""
    return os.environ.get("OPENLINEAGE_NAMESPACE") or "dataops"


class OpenLineageSender:
    """Sends the events of steps; whatever becomes of them, the run goes on.

    After the first that does not arrive no other is sent: a server that does not answer would cost each step the
    seconds that the client waits for it.
    """

    def __init__(self, event: Callable[[StepEvent], RunEvent]) -> None:
        self._event = event
        self._client: Any = None
        self._gave_up = False
        self._lock = Lock()  # steps of several tables tell at the same time

    def tell(self, step: StepEvent) -> None:
        """The event of this step is sent, unless one before it was in vain."""
        with self._lock:
            if self._gave_up:
                return
            try:
                self._sent(step)
            except Exception as error:  # noqa: BLE001  # whatever a server or a setting does, the run goes on
                self._gave_up = True
                _LOG.warning(
                    "OpenLineage took no event of %s (%s); this process sends no more. Tables are published as ever. "
                    "Mend what OPENLINEAGE_URL or %s names, or set OPENLINEAGE_DISABLED=true.",
                    step.step,
                    type(error).__name__,
                    _FILE,
                )

    def _sent(self, step: StepEvent) -> None:
        if self._client is None:
            # Imported here: its libraries take a fifth of a second, and most have not asked for it.
            from openlineage.client import OpenLineageClient

            self._client = OpenLineageClient()
        self._client.emit(self._event(step))
