"""What a command and every process it starts cost together: wall time, processor time, peak memory.

A JVM is a child of the Python that asked for it, so counting one process would hide most of Spark.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 0.05
SCANS_APART = 5  # looking for new processes costs more than looking at known ones
PSS_APART = 10  # reading PSS walks every page of a process: rare enough not to disturb the run
_PROC = Path("/proc")
_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took.

    Attributes:
        wall_seconds: From start to the end of the command.
        cpu_seconds: User and system time of the whole tree.
        peak_mib: The highest memory of the tree, pages that processes share counted once: PSS, twice a second.
        peak_rss_mib: The highest sum of resident memory. A JVM that forks to run `chmod` counts twice in it.
        other_cpu_seconds: What the rest of the machine used meanwhile: a quiet run has next to none.
        exit_code: The command's own.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    peak_rss_mib: float
    other_cpu_seconds: float
    exit_code: int


def cost_of(command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path) -> Cost:
    """Run the command to its end in `folder`, its output in `log`, and tell what it and its children took."""
    busy_before, own_before, started = _machine_cpu(), time.process_time(), time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True
        )
    tree = _Tree(process.pid)
    try:
        while process.poll() is None:
            tree.look()
            time.sleep(SAMPLE_SECONDS)
        wall = time.perf_counter() - started
    finally:
        tree.end(process)
    cpu = sum(tree.cpu.values())
    other = _machine_cpu() - busy_before - (time.process_time() - own_before) - cpu
    return Cost(wall, cpu, tree.peak_pss, tree.peak_rss, max(0.0, other), process.returncode)


@dataclass(slots=True)
class _Tree:
    """The processes of one session and the children of them, with the highest memory seen."""

    root: int
    cpu: dict[int, float] = field(default_factory=dict)
    members: set[int] = field(default_factory=set)
    peak_rss: float = 0.0
    peak_pss: float = 0.0
    looks: int = 0

    def look(self) -> None:
        """The peaks and the processor times include this moment."""
        if self.looks % SCANS_APART == 0:
            self._find_members()
        self.looks += 1
        rss = 0.0
        for pid in tuple(self.members):
            seen = _stat(pid)
            if seen is None:
                self.members.discard(pid)
            else:
                rss += seen.rss_mib
                self.cpu[pid] = seen.cpu_seconds
        if self.looks % PSS_APART == 0 or rss > self.peak_rss * 1.05:
            self.peak_pss = max(self.peak_pss, sum(map(_pss, self.members)))
        self.peak_rss = max(self.peak_rss, rss)

    def _find_members(self) -> None:
        alive = _alive()
        found = {pid for pid, seen in alive.items() if self.root in (pid, seen.session)}
        self.members = _with_children(alive, found | (self.members & alive.keys()))

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Nothing the command started is still running."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        for pid in self.members - {self.root}:
            if (seen := _stat(pid)) and seen.session == self.root:
                os.kill(pid, signal.SIGTERM)
        process.wait(timeout=60)


def resident_mib(root: int) -> list[float]:
    """Resident memory of a process, and then of each that it or its children started."""
    alive = _alive()
    below = _with_children(alive, {root}) - {root}
    return [alive[pid].rss_mib for pid in (root, *sorted(below))]


def _with_children(alive: Mapping[int, _Stat], found: set[int]) -> set[int]:
    children = {pid for pid, seen in alive.items() if seen.parent in found} - found
    return _with_children(alive, found | children) if children else found


def _alive() -> dict[int, _Stat]:
    numbers = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return {pid: seen for pid in numbers if (seen := _stat(pid))}


@dataclass(frozen=True, slots=True)
class _Stat:
    parent: int
    session: int
    cpu_seconds: float
    rss_mib: float


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    parts = text.rpartition(")")[2].split()  # the name in brackets may hold blanks
    return _Stat(
        parent=int(parts[1]),
        session=int(parts[3]),
        cpu_seconds=(int(parts[11]) + int(parts[12])) / _TICKS,
        rss_mib=int(parts[21]) * _PAGE_MIB,
    )


def _pss(pid: int) -> float:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (OSError, ValueError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _machine_cpu() -> float:
    """Seconds all processors together were busy since start, stolen time included, idle and waiting not."""
    user, nice, system, _idle, _wait, irq, soft_irq, steal = map(
        int, (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + soft_irq + steal) / _TICKS
