"""This room's near names: what somebody may have meant who wrote a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Begins with a space: a question that names the known name nearest to `name`; empty where none is near."""
    names = list(known)
    near = get_close_matches(name, names, n=1) or [each for each in names if name and each.startswith(name)]
    return f" Did you mean {near[0]!r}?" if near else ""
