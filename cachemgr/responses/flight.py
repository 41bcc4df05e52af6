"""Single flight: of all who miss on one key at once, one computes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Seat:
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0
    owner: int = 0
    """The thread that computes."""


class Flights:
    """The threads of one process. Processes queue at the store's `exclusive`, by one thread each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seats: dict[str, _Seat] = {}

    @contextmanager
    def turn(self, digest: str, timeout: float) -> Iterator[bool]:
        """Whether it is one's turn; False after so many seconds, and for a thread that has it already: a
        computation which asks for its own key would wait for itself (cachebox#54)."""
        me = threading.get_ident()
        with self._lock:
            seat = self._seats.setdefault(digest, _Seat())
            seat.waiting += 1
        got = seat.owner != me and seat.lock.acquire(timeout=timeout if timeout > 0 else 0)
        if got:
            seat.owner = me
        try:
            yield got
        finally:
            if got:
                seat.owner = 0
                seat.lock.release()
            with self._lock:
                seat.waiting -= 1
                if not seat.waiting:
                    self._seats.pop(digest, None)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._seats.clear()
