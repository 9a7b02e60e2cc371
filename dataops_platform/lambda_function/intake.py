"""This room's intake: what an event names is in the raw zone, and the job for it is started, once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dataops_platform.core.jobs import Jobs
from dataops_platform.core.landed_object import LandedObject
from dataops_platform.errors import EnvironmentProblem, NotIngested
from dataops_platform.landing.announced import SETTLED, Announced, Arrival, Fate
from dataops_platform.landing.notifications import Notification, Told, latest


@dataclass(frozen=True)
class Intake:
    """Ingests what events name.

    Attributes:
        jobs: the job that is started for each object; None where none is.
    """

    announced: Announced
    jobs: Jobs | None = None

    def take(self, told: Told) -> list[Arrival]:
        """Everything the event names is in the raw zone, and the job was started for it; what became of each key.

        A crash in between, or an event that comes twice, starts no second run: its token is the object's own name.

        Raises:
            NotIngested: something is not; all the rest is done.
        """
        named = [last for last in latest(told.notifications) if not last.is_deletion]
        problems, arrivals = [*told.problems], []
        for notification in named:
            try:
                arrivals.append(self._bring(notification))
            except EnvironmentProblem as problem:
                problems.append(str(problem))
        problems += [
            arrival.problem or f"an object is {arrival.fate}"
            for arrival in arrivals
            if arrival.fate not in SETTLED
        ]
        if problems:
            raise NotIngested("; ".join(dict.fromkeys(problems)))
        return arrivals

    def _bring(self, notification: Notification) -> Arrival:
        arrival = self.announced.bring(self.announced.look(notification))
        if self.jobs is not None and arrival.fate is Fate.COPIED and arrival.found is not None:
            self.jobs.start(_token(arrival.found), self._parameters(arrival.found))
        return arrival

    def _parameters(self, found: LandedObject) -> dict[str, str]:
        """What the job is told of the object."""
        lake = self.announced.ingest.lake_store
        return {
            "source_object": found.uri,
            "raw_object": f"s3://{lake.name}/{lake.prefix}{found.raw_key}",
            "table": found.table,
            "ingestion_date": found.ingestion_date.isoformat(),
        }


def _token(found: LandedObject) -> str:
    """Sixty-four letters, as many as Databricks takes: the same for the same version of the same object."""
    return hashlib.sha256(found.raw_key.encode()).hexdigest()
