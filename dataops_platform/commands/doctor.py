"""This file holds `dataops doctor`: what the environment is made of, in a line each."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from dataops_platform.resources.diagnosis import diagnosis
from dataops_platform.resources.environments import read_settings

_WIDTH = 13


def run(console: Console) -> int:
    """The console says of each part whether it answers; 1 where one does not."""
    all_well = True
    for found in diagnosis(read_settings()):
        mark = ("ok      ", "green") if found.is_well else ("missing ", "red")
        console.print(Text.assemble(mark, found.part.ljust(_WIDTH), found.told), soft_wrap=True)
        all_well = all_well and found.is_well
    return 0 if all_well else 1
