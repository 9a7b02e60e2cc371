"""The engine's session for people's own assets, as `dagster-pyspark` hands one out."""

from __future__ import annotations

from typing import Any

from dagster_pyspark import LazyPySparkResource
from pydantic import PrivateAttr

from dataops_platform.core.engine import Engine


class EngineSession(LazyPySparkResource):
    """A `LazyPySparkResource` whose session is the run's own, on whichever engine the environment names.

    An asset written for `dagster-pyspark` so runs on every engine, as far as it keeps to what Spark Connect supports:
    no RDDs, and no `spark_context`. It ends with the run.
    """

    _engine: Engine = PrivateAttr()

    @classmethod
    def of(cls, engine: Engine) -> EngineSession:
        """The session of `engine`, which starts with the first question."""
        made = cls(spark_config={})
        made._engine = engine
        return made

    @property
    def spark_session(self) -> Any:
        """The session that steps of the same run use."""
        return self._engine.session
