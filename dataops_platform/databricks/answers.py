"""Databricks' answers in words: what was refused, why, and what to do.

By the standard library alone, as a function has little else.

Here permanent and transient are told apart, for the function that starts a job as for a run whose steps are jobs.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from dataops_platform.errors import EnvironmentProblem, Unreachable

#: For what the SDK has no kind of error, such as the 502 of a gateway; it does not tell the status then.
UNKNOWN = 0
_WORTH_ANOTHER_TRY = {UNKNOWN, 408, 425, 429, 500, 502, 503, 504}
_CODE = re.compile(r"[A-Z_]{3,60}")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ADVICE = {
    401: "Its token is wrong or has expired: set DATABRICKS_TOKEN to a new one, or DATABRICKS_CLIENT_ID and "
    "DATABRICKS_CLIENT_SECRET, whose tokens are renewed.",
    403: "Either the token is none of this workspace (DATABRICKS_HOST), or its owner may not do this.",
    404: "It is not there: check the name, and that DATABRICKS_HOST is the workspace it is in.",
}


def workspace_url(host: str) -> SplitResult:
    """The workspace's address, where a token may be sent.

    Raises:
        EnvironmentProblem: it is not encrypted, and not on this machine.
    """
    url = urlsplit(host if "//" in host else f"https://{host}")
    if url.scheme != "https" and url.hostname not in _LOOPBACK:
        raise EnvironmentProblem("DATABRICKS_HOST must begin with https://: a token is sent there.")
    return url


def is_on_this_machine(host: str) -> bool:
    """Whether the workspace is an emulated one, which sees this machine's folders."""
    return workspace_url(host).hostname in _LOOPBACK


def is_worth_another_try(status: int) -> bool:
    """Whether the same request may succeed later."""
    return status in _WORTH_ANOTHER_TRY


def status_told(status: int, code: object) -> str:
    """The status, and the error's code where there is one; its message may quote parameters."""
    shown = f", {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
    return f"{status or 'a status that the SDK does not know'}{shown}"


def refusal(doing: str, status: int, code: object, advice: str = "") -> EnvironmentProblem:
    """The error for an answer that is none; transient where the same request may succeed later.

    Args:
        doing: what was refused, to follow "Databricks did not".
        advice: what to do about it, where that is known better here than for every such status.
    """
    said = f"Databricks did not {doing}: {status_told(status, code)}."
    if is_worth_another_try(status):
        return Unreachable(f"{said} It was asked several times; it is tried again later.")
    return EnvironmentProblem(
        f"{said} {advice or _ADVICE.get(status, 'Its own words are in its audit log.')}"
    )


def no_answer(doing: str, kind: str) -> Unreachable:
    """The error for no answer at all."""
    return Unreachable(
        f"Databricks did not {doing}: there was no answer ({kind}). Check DATABRICKS_HOST and the network; it is tried "
        "again later."
    )
