"""Work that goes from a thread that has much of it to one that has none."""

from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Exchange(Generic[T]):
    """What was given away and not yet taken. Until it is stopped, whoever asks for work waits for it."""

    def __init__(self) -> None:
        self.stopped = False
        self._changed = Condition()
        self._given: deque[T] = deque()
        self._idle = 0

    @property
    def wanted(self) -> bool:
        """Whether more threads are without work than there is work for. May be outdated at once."""
        return self._idle > len(self._given)

    def give(self, work: T) -> None:
        with self._changed:
            self._given.append(work)
            self._changed.notify()

    def get(self) -> T | None:
        """Some work, if there is any."""
        with self._changed:
            return self._given.popleft() if self._given else None

    def take(self) -> T | None:
        """Some work, as soon as there is any; None once everything is over."""
        with self._changed:
            self._idle += 1
            try:
                while not (self._given or self.stopped):
                    self._changed.wait()
            finally:
                self._idle -= 1
            return None if self.stopped else self._given.popleft()

    def wait(self, seconds: float, enough: Callable[[], bool]) -> None:
        """Until there is some work, or somebody called `wake` and it is enough, or that time has passed."""
        with self._changed:
            if not (self._given or self.stopped or enough()):
                self._idle += 1
                try:
                    self._changed.wait(seconds)
                finally:
                    self._idle -= 1

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """Nobody gets anything any more, and nobody waits."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()
