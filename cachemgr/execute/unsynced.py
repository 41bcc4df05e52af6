"""Directories in which something was renamed, until that is durable."""

from contextlib import suppress

from cachemgr.domain.inventory import CacheId
from cachemgr.execute import system
from cachemgr.execute.guard import Guard, Stop

Names = tuple[str, ...]


class Unsynced:
    """In the roots that a guard holds open."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._changed: dict[tuple[CacheId, Names], Names] = {}
        """Each with something that is, or was, in it."""

    def note(self, cache: CacheId, names: Names) -> None:
        """The directory that this lies in has changed."""
        self._changed[(cache, names[:-1])] = names

    def flush(self) -> None:
        """Make durable what was renamed so far. Raises OSError."""
        for (cache, _), names in list(self._changed.items()):
            with suppress(Stop), self._guard.folder_in(cache, names) as folder:
                system.sync(folder)
        self._changed.clear()
