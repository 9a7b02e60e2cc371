"""Commands run in turn, A B C A B C …, so that a slow minute of the machine strikes all of them alike."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from benchmarks.machine import code
from benchmarks.process_tree import Cost, cost_of
from dataops_platform.demo.s3_server import S3Server

_REPOSITORY = Path(__file__).parent.parent


class CommandFailedError(RuntimeError):
    """A command under measurement ended with another code than 0."""


class SourceChangedError(RuntimeError):
    """The rounds did not measure one and the same program."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do the work.

    Attributes:
        name: As the results call it.
        command: Makes from the folder it is given, empty at first, whatever `after` looks at.
        environment: Its variables, on top of this process's own.
        before: Called with the same folder, unmeasured, before each run.
        after: Called with it, unmeasured, after each run: the place to refuse a wrong result.
    """

    name: str
    command: Callable[[Path], Sequence[str]]
    environment: Callable[[Path], Mapping[str, str]] = field(default=lambda _folder: {})
    before: Callable[[Path], None] = field(default=lambda _folder: None)
    after: Callable[[Path], None] = field(default=lambda _folder: None)


def in_turn(variants: Sequence[Variant], *, rounds: int, folder: Path) -> dict[str, list[Cost]]:
    """The cost of each variant in each round."""
    costs: dict[str, list[Cost]] = {variant.name: [] for variant in variants}
    measured = code()
    for number in range(1, rounds + 1):
        for variant in variants:
            cost = one_run(variant, folder / variant.name)
            costs[variant.name].append(cost)
            Console().print(
                f"round {number} of {rounds}  {variant.name}  {cost.wall_seconds:.1f} s  "
                f"{cost.peak_mib:.0f} MiB  (other processes: {cost.other_cpu_seconds:.1f} s)"
            )
            if code() != measured:
                raise SourceChangedError("the platform's source changed between the rounds: measure again")
    return costs


def one_run(variant: Variant, folder: Path) -> Cost:
    """One run of the variant in a folder that was empty before and is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder.with_suffix(".log")
    variant.before(folder)
    environment = {**inherited(), **variant.environment(folder)}
    os.sync()  # what the run before left unwritten must not slow this one
    cost = cost_of(variant.command(folder), environment=environment, folder=folder, log=log)
    if cost.exit_code != 0:
        raise CommandFailedError(f"{variant.name} ended with code {cost.exit_code}; its output is in {log}")
    variant.after(folder)
    shutil.rmtree(folder)
    return cost


def inherited() -> Mapping[str, str]:
    """This process's variables without those that steer the platform or Python: both are measured as they come."""
    path = os.pathsep.join(filter(None, (str(_REPOSITORY), os.environ.get("PYTHONPATH"))))
    steering = ("DATAOPS_", "DAGSTER_", "PYTHON")
    return {n: value for n, value in os.environ.items() if not n.startswith(steering)} | {"PYTHONPATH": path}


@contextmanager
def environment_of(server: S3Server) -> Iterator[None]:
    """This process reaches the server as the platform does."""
    before = dict(os.environ)
    os.environ |= server.environment()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
