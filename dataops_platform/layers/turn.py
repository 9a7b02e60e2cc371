"""This room's turn: of the threads of a run, one at a time runs Dagster's code; tables are worked on beside it."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from dagster import DagsterExecutionInterruptedError


class Turn:
    """What a run's threads pass around; whoever holds it may run Dagster's code, which is not made for threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # it knows its owner, whatever interrupts him
        self._beside: set[int] = set()
        self._is_over = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """This thread has the turn, and has given it back afterwards, whatever happened."""
        self._lock.acquire()
        try:
            yield
        finally:
            # An interrupt may have come in the moment before this thread had its turn back.
            with suppress(RuntimeError):
                self._lock.release()

    @contextmanager
    def passed_on(self) -> Iterator[None]:
        """Other threads may have the turn meanwhile; `interrupt` reaches this one."""
        me = threading.get_ident()
        if self._is_over:
            raise DagsterExecutionInterruptedError
        try:
            self._beside.add(me)
            self._lock.release()
            yield
        finally:
            self._lock.acquire()
            self._beside.discard(me)

    def interrupt(self) -> None:
        """Every thread that works beside the others is told to stop where it is; called with the turn held."""
        self._is_over = True
        error = ctypes.py_object(DagsterExecutionInterruptedError)
        for thread in self._beside:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def turn_taken(turn: Turn) -> Iterator[None]:
    """This thread has `turn`, and passes it on within `beside_other_steps`."""
    _current.set(turn)
    with turn.held():
        yield


@contextmanager
def beside_other_steps() -> Iterator[None]:
    """What is done here needs nothing of Dagster: other steps of the run go on meanwhile.

    Raises:
        DagsterExecutionInterruptedError: the run was told to stop.
    """
    turn = _current.get()
    if turn is None:  # steps follow one another in this process
        yield
        return
    with turn.passed_on():
        yield
