"""What a child does about things that do not survive a fork: threads, held locks, open databases."""

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    def after_fork(self) -> None:
        """In the child, before anything else runs there."""


_alive: "WeakSet[Forkable]" = WeakSet()


def register(one: Forkable) -> None:
    """Held weakly."""
    _alive.add(one)


def _in_child() -> None:
    for one in tuple(_alive):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
