"""What an environment is made of and whether each part answers, for people: `dataops doctor`."""

from __future__ import annotations

import platform as machine
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from urllib.parse import urlparse

from dataops_platform.engines.engine_files import engine_files
from dataops_platform.engines.java import found_java
from dataops_platform.engines.spark_jars import installed_jars
from dataops_platform.errors import EnvironmentProblem, PlatformError
from dataops_platform.resources.environments import Settings, engine_for, remote_steps
from dataops_platform.resources.object_store import object_store
from dataops_platform.resources.s3_answers import endpoint


@dataclass(frozen=True)
class Finding:
    """One part of the environment.

    Attributes:
        told: what was found; of a part that is not well, what to do about it.
    """

    part: str
    is_well: bool
    told: str


def diagnosis(settings: Settings) -> Iterator[Finding]:
    """Each part in turn, what everything else rests on first; nothing is changed, and no secret is told."""
    yield Finding("environment", is_well=True, told=f"{settings.environment}, engine {settings.engine}")
    packages = ", ".join(f"{name} {version(name)}" for name in _packages(settings.engine))
    yield Finding("versions", is_well=True, told=f"Python {machine.python_version()}, {packages}")
    if settings.engine == "spark":
        yield _examined("java", _java)
        yield _examined("jars", _jars)
    if settings.connect is not None:
        yield Finding(
            "connect", is_well=True, told=f"{settings.connect}; rows are staged at {settings.staging_url}"
        )
    if any(urlparse(url).scheme == "s3" for url in (settings.landing_url, settings.lake_url)):
        yield _examined("credentials", _credentials)
        yield Finding("endpoint", is_well=True, told=endpoint())
    yield _examined("landing", lambda: _store(settings.landing_url))
    yield _examined("lake", lambda: _lake(settings.lake_url))
    if (steps := remote_steps(settings, settings.lake_url)) is not None:
        yield _examined("databricks", steps.readiness)
    else:
        yield _examined("engine", lambda: _engine(settings))


def _examined(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, is_well=True, told=look())
    except PlatformError as error:
        return Finding(part, is_well=False, told=str(error))
    except Exception as error:  # noqa: BLE001  # whatever it is: the other parts are still to be looked at
        return Finding(
            part, is_well=False, told=f"{type(error).__name__}; its text may hold values and is not shown."
        )


def _packages(engine: str) -> tuple[str, ...]:
    own = ("pysail",) if engine == "embedded" else ()
    return ("dataops-platform", "dagster", "pyspark", *own, "deltalake")


def _java() -> str:
    java = found_java()
    return f"{java.version} at {java.command}"


def _jars() -> str:
    jars, archives = installed_jars(), [*engine_files().glob("spark-classes-*.jsa")]
    quick = "with" if archives else "without (dataops engines install makes it)"
    return f"{len(jars)} in {engine_files()}, {quick} the archive for quick starts"


def _credentials() -> str:
    import boto3.session

    found = boto3.session.Session().get_credentials()
    if found is None:
        raise EnvironmentProblem(
            "none. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role."
        )
    return f"present, from {found.method}"


def _store(url: str) -> str:
    found = [*islice(object_store(url).objects(), 1)]
    return f"{url} answers, {'with objects in it' if found else 'empty'}"


def _lake(url: str) -> str:
    if urlparse(url).scheme != "s3" and not Path(url).exists():
        return f"Folder {url} is not there yet; the first sync makes it."
    return _store(url)


def _engine(settings: Settings) -> str:
    engine = engine_for(settings)
    try:
        session = engine.session
        rows = session.range(3).count()
        return f"Spark {session.version} answers ({rows} rows of 3)"
    finally:
        engine.stop()
