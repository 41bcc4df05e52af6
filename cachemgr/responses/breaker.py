"""A circuit breaker: a server that does not answer is left alone for a while."""

import threading
from collections.abc import Callable

from cachemgr.responses.errors import Unreachable


class CircuitBreaker:
    """Closed until so many failures in a row, then open; after its time one caller may try, and decides."""

    def __init__(self, failures: int, open_seconds: float, steady: Callable[[], float]) -> None:
        """`steady` is a clock that only goes forward, in seconds."""
        self._allowed = failures
        self._pause = open_seconds
        self._steady = steady
        self._failures = 0
        self._until = 0.0
        self.after_fork()

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    @property
    def closed(self) -> bool:
        return self._failures < self._allowed

    def ask(self) -> None:
        """Raises Unreachable while it is open."""
        if self.closed:
            return
        with self._lock:
            now = self._steady()
            if now < self._until:
                raise Unreachable("it did not answer, and is left alone for a while")
            # One tries; whoever comes meanwhile is told no, without waiting for that.
            self._until = now + self._pause

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if not self.closed:
                self._until = self._steady() + self._pause

    def answered(self) -> None:
        if self._failures:
            with self._lock:
                self._failures = 0
