"""This room's turn: of the threads of a run, one at a time runs Dagster's code; tables are worked on beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar

from dagster import DagsterExecutionInterruptedError

from dataops_platform.core.interruption import interruptible


class Turn:
    """What a run's threads pass around; whoever holds it may run Dagster's code, which is not made for threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._is_over = False
        self._ends: list[Callable[[], None]] = []

    @property
    def is_over(self) -> bool:
        """Whether every thread has been told to stop."""
        return self._is_over

    @contextmanager
    def held(self) -> Iterator[None]:
        """This thread has the turn, and has given it back afterwards, whatever happened."""
        with self._lock:
            yield

    @contextmanager
    def passed_on(self, end: Callable[[], None] | None = None) -> Iterator[None]:
        """Other threads may have the turn meanwhile; `end` is what `interrupt` does then."""
        if self._is_over:
            raise DagsterExecutionInterruptedError
        ends = [end] if end is not None else []
        self._ends += ends
        self._lock.release()
        try:
            yield
        except Exception:
            if self._is_over:  # whatever it was: the engine has gone, or the work was told to stop
                raise DagsterExecutionInterruptedError from None
            raise
        finally:
            self._lock.acquire()
            for one in ends:
                self._ends.remove(one)
        if self._is_over:
            raise DagsterExecutionInterruptedError

    def interrupt(self) -> None:
        """Work beside the others stops at the next place where it looks, or as what it waits for was ended.

        An exception raised in its thread from here would be sooner, and could leave a lock locked for ever.
        """
        ends = set() if self._is_over else set(self._ends)  # steps share an engine, which is ended once
        self._is_over = True
        for end in ends:
            end()


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def turn_taken(turn: Turn) -> Iterator[None]:
    """This thread has `turn`, and passes it on within `beside_other_steps`."""
    _current.set(turn)
    with turn.held(), interruptible(lambda: turn.is_over):
        yield


@contextmanager
def beside_other_steps(end: Callable[[], None] | None = None) -> Iterator[None]:
    """What is done here needs nothing of Dagster: other steps of the run go on meanwhile.

    Args:
        end: called in another thread, it makes what is waited for in here fail, when the run is told to stop.

    Raises:
        DagsterExecutionInterruptedError: the run was told to stop.
    """
    turn = _current.get()
    if turn is None:  # steps follow one another in this process
        yield
        return
    with turn.passed_on(end):
        yield


def in_turn(tell: Callable[[str], None]) -> Callable[[str], None]:
    """`tell`, for work beside other steps: it waits for the turn, and gives it back at once."""

    def told(text: str) -> None:
        turn = _current.get()
        with turn.held() if turn is not None else nullcontext():
            tell(text)

    return told
