"""Locks of tools that are held while units of theirs are copied."""

from contextlib import ExitStack

from cachemgr.domain.action import Copy
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.plan import Step
from cachemgr.execute.guard import Guard

Names = tuple[str, ...]
_Key = tuple[CacheId, Names]


class UnitLocks:
    """Several units of one tool may have the same: it is held until the last of them lets go."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._locks: dict[_Key, ExitStack] = {}
        self._holders: dict[_Key, set[int]] = {}
        """The steps that each is held for."""

    def hold(self, number: int, step: Step, action: Copy) -> None:
        """Hold the lock of a step's unit, if it has one. Raises Stop."""
        if not action.lock:
            return
        key = (step.cache, action.lock)
        if key not in self._locks:
            with ExitStack() as stack:
                stack.enter_context(self.guard.lock(step, action))
                self._locks[key] = stack.pop_all()
        self._holders.setdefault(key, set()).add(number)

    def let_go(self, number: int) -> None:
        """The step needs none any more."""
        for key, holders in list(self._holders.items()):
            holders.discard(number)
            if not holders:
                del self._holders[key]
                self._locks.pop(key).close()

    def close(self) -> None:
        for locks in self._locks.values():
            locks.close()
