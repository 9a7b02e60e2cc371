"""This file holds where processes listen, as `ss` tells it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

#: Both ways in which the loopback interface of IPv4 is written.
LOOPBACK = {"127.0.0.1", "[::ffff:127.0.0.1]", "[::1]"}


def listening(is_meant: Callable[[int], bool]) -> dict[int, str]:
    """Each port on which a process that is meant, by its number, takes connections → the interface; `*` is all."""
    told = subprocess.run(["ss", "-Htlnp"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    found = {}
    for line in told.splitlines():
        fields = line.split()
        if any(is_meant(int(process)) for process in re.findall(r"pid=(\d+)", fields[-1])):
            interface, _, port = fields[3].rpartition(":")
            found[int(port)] = interface
    return found
