"""Containers go when nothing is left in them, and come again where one of their units has to come back."""

import os
from contextlib import suppress
from errno import EEXIST, ENOTEMPTY

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.action import Tidy
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.execute import system
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.remove import Removal

Names = tuple[str, ...]


class Containers:
    """The containers that one run removes."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._gone: dict[tuple[CacheId, Names], list[tuple[Names, int]]] = {}
        """For each, itself and what went along with it, innermost first, with their modes."""

    def tidy(self, step: Step, action: Tidy, done: Removal) -> None:
        """Remove a container in which nothing is left but the empty ones it may take along. Raises Stop,
        OSError, and then has changed nothing."""
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent, tree=False)
            below = [(*action.names, *names) for names in action.alone]
            for names in below:
                self.guard.check_names(step, names)
            _check_empty(parent, action, set(below))
            gone: list[tuple[Names, int]] = []
            for names in (*below, action.names):
                try:
                    status = self._remove_empty(step, names)
                except (Stop, OSError):
                    # Something came in after the look. The inner ones are part of what stays.
                    self._make_again(step, gone)
                    raise
                gone.append((names, status.st_mode & 0o7777))
                done.files += 1
                done.freed += handles.allocated(status)
            self._gone[(step.cache, action.names)] = gone

    def make_way(self, step: Step, names: Names) -> None:
        """Make those containers again, in which a unit lay that has to come back after all, and what had gone
        along with them. One that somebody else removed stays gone. Raises Stop, OSError."""
        for depth in range(1, len(names)):
            for container, mode in reversed(self._gone.pop((step.cache, names[:depth]), [])):
                with suppress(FileExistsError), self.guard.folder(step, container) as outer:
                    system.mkdir(outer, container[-1], mode)

    def _remove_empty(self, step: Step, names: Names) -> os.stat_result:
        with self.guard.folder(step, names) as outer:
            status = handles.lstat(outer, names[-1])
            try:
                system.rmdir(outer, names[-1])
            except OSError as error:
                if error.errno in (ENOTEMPTY, EEXIST):
                    raise Stop(Trouble("not-empty", "/".join(names))) from error
                raise
            return status

    def _make_again(self, step: Step, gone: list[tuple[Names, int]]) -> None:
        for names, mode in reversed(gone):
            with suppress(Stop, OSError), self.guard.folder(step, names) as outer:
                system.mkdir(outer, names[-1], mode)


def _check_empty(parent: Handle, action: Tidy, below: set[Names]) -> None:
    """A container and all that goes with it hold nothing else, before the first of them goes."""
    for names in ((), *action.alone):
        try:
            handle = handles.open_below(parent, (action.names[-1], *names))
        except FileNotFoundError as error:
            raise Stop(Trouble("missing", "/".join(action.names))) from error
        try:
            for name in handles.names(handle):
                if (*action.names, *names, name) not in below:
                    raise Stop(Trouble("not-empty", "/".join((*action.names, *names, name))))
        finally:
            handles.close(handle)
