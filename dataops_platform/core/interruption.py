"""This room's interruption: how long work hears that it is to stop, in a place where it leaves nothing half-done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from dataops_platform.errors import Interrupted

_asked: ContextVar[Callable[[], bool] | None] = ContextVar("asked", default=None)


@contextmanager
def interruptible(is_over: Callable[[], bool]) -> Iterator[None]:
    """Work that is begun in here stops once `is_over`."""
    token = _asked.set(is_over)
    try:
        yield
    finally:
        _asked.reset(token)


def interruption() -> Callable[[], None]:
    """What work calls from time to time, in any thread: raises `Interrupted` once the work it was made for is over."""
    is_over = _asked.get()

    def stop_if_over() -> None:
        if is_over is not None and is_over():
            raise Interrupted

    return stop_if_over
