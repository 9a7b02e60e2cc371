"""The address of a Spark Connect server that somebody else runs, as DATAOPS_CONNECT_URL says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlparse

from dataops_platform.errors import EnvironmentProblem

VARIABLE = "DATAOPS_CONNECT_URL"
_PORT = 15002
_HOST = re.compile(r"[A-Za-z0-9.:_-]+")


@dataclass(frozen=True)
class ConnectAddress:
    """Where a server is.

    Attributes:
        url: as pyspark reads it; it may hold a token, so it is in no text.
    """

    url: str = field(repr=False)
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_connect_address(given: Mapping[str, str]) -> ConnectAddress:
    """The address that the variable says.

    Raises:
        EnvironmentProblem: it says none; the message does not repeat it, as it may hold a token.
    """
    url = given.get(VARIABLE) or ""
    if not url:
        raise EnvironmentProblem(
            f"DATAOPS_ENGINE=connect needs {VARIABLE}, the address of a Spark Connect server: sc://host:{_PORT}, or "
            f"sc://host:{_PORT}/;use_ssl=true;token=…. `make cluster` starts one on this machine."
        )
    told = urlparse("http" + url.removeprefix("sc"))
    parameters = [each.split("=") for each in told.params.split(";")] if told.params else []
    try:
        is_readable = told.path in {"", "/"} and not told.username and (told.port is None or told.port > 0)
    except ValueError:  # a port that is no number
        is_readable = False
    named = {each[0] for each in parameters}
    if not (
        url.startswith("sc://")
        and is_readable
        and _HOST.fullmatch(told.hostname or "")
        and all(len(each) == len(("name", "value")) and all(each) for each in parameters)
        and "session_id" not in named  # each run has a session of its own
    ):
        raise EnvironmentProblem(
            f"{VARIABLE} cannot be read (it is not shown, as it may hold a token): write sc://host:{_PORT}, or "
            f"sc://host:{_PORT}/;use_ssl=true;token=…, without session_id."
        )
    return ConnectAddress(url, str(told.hostname), told.port or _PORT)
