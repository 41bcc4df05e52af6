"""The one door: every change of the user's disk happens here, behind the guard."""

import os
from collections.abc import Iterator
from contextlib import suppress
from errno import EEXIST, ENOTEMPTY

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.action import Close, Purge, Remake, Remove, Restore, Settle, Tidy
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal
from cachemgr.domain.unit import Kind
from cachemgr.execute import system, trash
from cachemgr.execute.berths import berth, is_held, is_taken
from cachemgr.execute.folders import Folders
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.parcel import Parcel
from cachemgr.execute.quarantine import Quarantine
from cachemgr.execute.remove import Removal

Names = tuple[str, ...]


class Effects:
    """Performs actions in the roots that a guard holds open. Each raises Stop or OSError and then has
    changed nothing."""

    def __init__(self, run: str, guard: Guard, machine: Machine) -> None:
        self.run = run
        self.guard = guard
        self.machine = machine
        self._quarantines: dict[tuple[CacheId, str], Quarantine] = {}
        self._made: set[tuple[CacheId, Names]] = set()
        """Containers that this run made again."""

    def remove(self, number: int, step: Step, action: Remove) -> None:
        """Take a unit out of its place: into the quarantine, or into the system trash."""
        if action.resumes is not None:
            quarantine = self._open(step.cache, action.resumes.run)
            if is_taken(quarantine, step, action, self.guard):
                return
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent)
            with self.guard.lock(step, action):
                if action.disposal is Disposal.TRASH:
                    self._trash(number, step, action.names, parent)
                else:
                    self._take(number, step, action.names, parent)

    def tidy(self, step: Step, action: Tidy, done: Removal) -> None:
        """Remove a container in which nothing is left but the empty ones it may take along."""
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent, tree=False)
            below = [(*action.names, *names) for names in action.alone]
            for names in below:
                self.guard.check_names(step, names)
            self._check_empty(parent, action, set(below))
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

    def restore(self, step: Step, action: Restore) -> bool:
        """Bring a unit back from a run's quarantine, over nothing; False where it is at its place already.

        What is brought back is the very file or directory that was moved. That somebody who had it open
        wrote to it meanwhile is no reason to keep it from its place.
        """
        quarantine = self._waiting(step, action)
        with self.guard.folder(step, action.names) as parent:
            if quarantine is None:
                if self._is_back(step, action, parent):
                    return False
                raise Stop(Trouble("missing", "/".join(action.names)))
            try:
                quarantine.give_back(action.number, parent, action.names[-1])
            except FileExistsError as error:
                raise Stop(Trouble("exists", "/".join(action.names))) from error
        return True

    def remake(self, step: Step, action: Remake) -> None:
        """Make a container again; one that is there already is good enough, but for the mode of one that
        was being made when somebody was interrupted."""
        with self.guard.folder(step, action.names) as parent:
            try:
                system.mkdir(parent, action.names[-1], action.mode)
            except FileExistsError:
                if handles.kind(handles.lstat(parent, action.names[-1])) is not Kind.DIRECTORY:
                    raise Stop(Trouble("exists", "/".join(action.names))) from None
                if action.begun:
                    system.finish_mkdir(parent, action.names[-1], action.mode)
            else:
                self._made.add((step.cache, action.names))

    def settle(self, step: Step, action: Settle, folders: Folders) -> None:
        """Give a directory its times back, unless somebody else changed or made it since."""
        key = (step.cache, action.names)
        if action.left_ns is None:
            if key not in self._made:
                return
        elif key not in folders.noted or folders.noted[key].modified_ns != action.left_ns:
            return
        root = self.guard.root(step.cache)
        if not action.names:
            # The quarantine goes first: its going would change the root's time once more.
            self.drop_empty()
            system.set_own_times(root.handle, action.accessed_ns, action.modified_ns)
            return
        with self.guard.folder(step, action.names) as parent:
            system.set_times(parent, action.names[-1], action.accessed_ns, action.modified_ns)

    def purge_run(self, step: Step, action: Purge, done: Removal) -> Iterator[Removal]:
        """Delete what one run's quarantine in one root holds, and the quarantine, where there is one."""
        quarantine = self._open(step.cache, action.run)
        if quarantine is not None:
            held = {number: (dev, ino) for number, dev, ino in action.held}
            yield from quarantine.purge_all(held, done)

    def purge(self, number: int, step: Step, done: Removal) -> Iterator[Removal]:
        """Delete one unit that was moved, unless something was written to it on the way."""
        run, place, begun = berth(self.run, number, step)
        quarantine = self._quarantines.get((step.cache, run))
        if quarantine is None:
            return  # an earlier run had deleted it already
        if isinstance(step.action, Remove) and not (
            begun or self.guard.is_unchanged(step, quarantine.handle, str(place))
        ):
            # Nobody can open it by its name any more, so that it does not change again.
            names = step.action.names
            with self.guard.folder(step, names) as parent:
                quarantine.give_back(place, parent, names[-1])
            raise Stop(Trouble("changed", "/".join(names)))
        yield from quarantine.purge(place, done, begun=begun)

    def close_run(self, step: Step, action: Close, done: Removal) -> None:
        """Remove a run's quarantine where nothing lies in it any more."""
        quarantine = self._open(step.cache, action.run)
        if quarantine is None:
            return
        try:
            dropped = quarantine.drop_if_empty(done)
        except FileNotFoundError:
            dropped = True  # a purge before it took it along
        if dropped:
            quarantine.close()
            del self._quarantines[(step.cache, action.run)]

    def is_held(self, number: int, step: Step) -> bool:
        """Whether the unit of a step that failed lies in the quarantine all the same, or may."""
        run, place, _ = berth(self.run, number, step)
        return is_held(self._quarantines.get((step.cache, run)), place, step)

    def drop_empty(self) -> None:
        """Remove the quarantines in which nothing is left."""
        for key, quarantine in list(self._quarantines.items()):
            try:
                if quarantine.drop_if_empty(Removal()):
                    quarantine.close()
                    del self._quarantines[key]
            except OSError:
                continue  # an empty directory of ours stays; the next scan lists it

    def close(self) -> None:
        for quarantine in self._quarantines.values():
            quarantine.close()
        self._quarantines.clear()

    def _take(self, number: int, step: Step, names: Names, parent: Handle) -> None:
        run, number, _ = berth(self.run, number, step)
        key = (step.cache, run)
        if key not in self._quarantines:
            self._quarantines[key] = Quarantine.create(self.guard.root(step.cache).handle, run)
        quarantine = self._quarantines[key]
        quarantine.take(parent, names[-1], number)
        moved = handles.identity(handles.lstat(quarantine.handle, str(number)))
        # A directory's own times may change with its place; a file's do not.
        same = moved.inode if moved.kind is Kind.DIRECTORY else moved
        planned = step.identity and (step.identity.inode if moved.kind is Kind.DIRECTORY else step.identity)
        if same != planned or not self.guard.is_unchanged(step, quarantine.handle, str(number)):
            # Somebody swapped it, or something in it, in the instant between the look and the rename.
            quarantine.give_back(number, parent, names[-1])
            raise Stop(Trouble("changed", "/".join(names)))

    def _trash(self, number: int, step: Step, names: Names, parent: Handle) -> None:
        root = self.guard.root(step.cache).root.path
        if (trouble := trash.refusal(root, parent, names, self.machine)) is not None:
            raise Stop(trouble)
        self._take(number, step, names, parent)
        quarantine = self._quarantines[(step.cache, self.run)]
        moved = handles.identity(handles.lstat(quarantine.handle, str(number)))
        parcel = Parcel(self.run, number, root, names, moved)
        if (trouble := trash.send(parcel, quarantine.handle, parent, self.machine)) is not None:
            try:
                quarantine.give_back(number, parent, names[-1])
            except FileExistsError as error:
                raise Stop(Trouble("trash", "set-aside")) from error
            raise Stop(trouble)

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

    def _check_empty(self, parent: Handle, action: Tidy, below: set[Names]) -> None:
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

    def _waiting(self, step: Step, action: Restore) -> Quarantine | None:
        """The quarantine in which the unit waits; None where it is in none. Raises Stop."""
        quarantine = self._open(step.cache, action.run)
        if quarantine is None:
            return None
        try:
            status = handles.lstat(quarantine.handle, str(action.number))
        except FileNotFoundError:
            return None
        if step.identity is None or handles.identity(status).inode != step.identity.inode:
            raise Stop(Trouble("changed", "/".join(action.names)))
        return quarantine

    @staticmethod
    def _is_back(step: Step, action: Restore, parent: Handle) -> bool:
        try:
            status = handles.lstat(parent, action.names[-1])
        except FileNotFoundError:
            return False
        return step.identity is not None and handles.identity(status).inode == step.identity.inode

    def _open(self, cache: CacheId, run: str) -> Quarantine | None:
        """A run's quarantine, None where the root has none. Raises Stop where what is there is not that."""
        key = (cache, run)
        if key not in self._quarantines:
            try:
                self._quarantines[key] = Quarantine.open(self.guard.root(cache).handle, run)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise Stop(Trouble("no-quarantine", run, error.errno)) from error
        return self._quarantines[key]
