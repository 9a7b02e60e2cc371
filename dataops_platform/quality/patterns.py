r"""This room's patterns: Python's regular expressions → what Java's and Rust's engines read alike, as Python reads it.

`\d`, `.` and `$` mean other characters to each of the three. `(?U:…)` around them settles most: in Java it asks for
all of Unicode, which Rust has anyway; to Rust it says how quantifiers behave, of which there are none inside.
"""

from __future__ import annotations

import re
from functools import partial

#: What is not the same everywhere: escapes, classes, the end, any character, and names of groups.
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|[$.]|\(\?P<\w+>", re.DOTALL)
_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}
_OF_UNICODE = frozenset("dDwWsSbB")
#: In a class, Java and Rust take these for the beginning of another class, or for an operator.
_PLAIN_IN_CLASS = re.compile(r"(\\.)|([\[&~])", re.DOTALL)


def portable(pattern: str | re.Pattern[str], *, start: str = "") -> str:
    """The pattern as every engine reads it; `start` goes before it as it is."""
    asked = pattern.flags if isinstance(pattern, re.Pattern) else 0
    flags = "".join(letter for letter, flag in _FLAGS.items() if asked & flag)
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    told = _PARTS.sub(partial(_part, any_line=bool(asked & re.DOTALL)), text)
    return (
        f"(?{flags}u){start}(?:{told})"  # u: without regard to case, Java would know of ASCII's letters alone
    )


def _part(found: re.Match[str], *, any_line: bool) -> str:
    part = found[0]
    if part == "$":
        return r"(?:\n?\z)"  # to Python the end is also before a line break that ends the text
    if part == ".":
        return "(?s:.)" if any_line else r"[^\n]"  # to Java four more characters end a line
    if part.startswith("(?P"):
        return "("  # Java knows no such name, and nothing here asks for a group
    if part.startswith("["):
        body = _PLAIN_IN_CLASS.sub(lambda one: one[1] or f"\\{one[2]}", part[1:])
        return f"(?U:[{body})"
    if part[1] in _OF_UNICODE:
        return f"(?U:{part})"
    return {r"\Z": r"\z", r"\v": r"\x0b"}.get(part, part)
