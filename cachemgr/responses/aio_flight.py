"""Single flight among the tasks of one loop, as `flight.py` has it among threads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import TIMEOUT_MAX
from typing import Any


@dataclass(slots=True)
class _Seat:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    owner: "asyncio.Task[Any] | None" = None
    """The task that computes."""


class AsyncFlights:
    """Of each loop for itself: what belongs to one cannot be waited for in another."""

    def __init__(self) -> None:
        self._seats: dict[tuple[int, str], _Seat] = {}

    @asynccontextmanager
    async def turn(self, digest: str, timeout: float) -> AsyncIterator[bool]:
        """Whether it is one's turn; False after so many seconds, and for a task that has it already."""
        me, at = asyncio.current_task(), (id(asyncio.get_running_loop()), digest)
        seat = self._seats.setdefault(at, _Seat())
        seat.waiting += 1
        got = False
        try:
            got = seat.owner is not me and await _acquired(seat.lock, timeout)
            if got:
                seat.owner = me
            yield got
        finally:
            if got:
                seat.owner = None
                seat.lock.release()
            seat.waiting -= 1
            if not seat.waiting and self._seats.get(at) is seat:
                del self._seats[at]

    def clear(self) -> None:
        """Of a child: those who sit there are the parent's."""
        self._seats = {}


async def _acquired(lock: asyncio.Lock, timeout: float) -> bool:
    if timeout <= 0 and lock.locked():
        return False
    try:
        async with asyncio.timeout(min(timeout, TIMEOUT_MAX) if timeout > 0 else None):
            return await lock.acquire()
    except TimeoutError:
        return False
