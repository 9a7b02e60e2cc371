"""This file holds how commands print what others have named: as it is, and so that nothing in it moves a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text


def plain(text: str) -> str:
    """The text, in which what cannot be printed is told by its number: an escape is `⟨001B⟩`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else f"⟨{ord(char):04X}⟩" for char in text)


def say(console: Console, text: str, *, label: str = "", style: str = "") -> None:
    """The console shows the text without looking for styles in it; the style is the label's where there is one."""
    console.print(Text.assemble((plain(label), style), (plain(text), "" if label else style)), soft_wrap=True)
