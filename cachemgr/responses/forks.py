"""What is done about things that do not survive a fork: threads, held locks, open databases."""

import os
import threading
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    def after_fork(self) -> None:
        """In the child, before anything else runs there."""


class Halting(Protocol):
    """Something that must be at rest while the process forks."""

    def before_fork(self) -> None: ...
    def forked(self) -> None:
        """In the parent."""


_alive: "WeakSet[Forkable]" = WeakSet()
_halting: "WeakSet[Halting]" = WeakSet()
_halted: list[Halting] = []
_forking = threading.RLock()


def register(one: Forkable) -> None:
    """Held weakly."""
    _alive.add(one)


def register_halting(one: Halting) -> None:
    """Held weakly."""
    _halting.add(one)


def none_meanwhile() -> threading.RLock:
    """While somebody holds it, nobody forks: for what is open for a moment alone."""
    return _forking


def _before() -> None:
    _forking.acquire()
    for one in tuple(_halting):
        _halted.append(one)
        one.before_fork()


def _in_parent() -> None:
    while _halted:
        _halted.pop().forked()
    _forking.release()


def _in_child() -> None:
    _halted.clear()
    _forking.release()
    for one in tuple(_alive):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
