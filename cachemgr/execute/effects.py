"""The one door: every change of the user's disk happens here, behind the guard."""

from collections.abc import Iterator
from errno import EEXIST, ENOTEMPTY

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.action import Purge, Remake, Remove, Restore, Settle, Tidy
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal
from cachemgr.domain.unit import Kind
from cachemgr.execute import system, trash
from cachemgr.execute.folders import Folders
from cachemgr.execute.guard import Guard, Stop
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

    def remove(self, number: int, step: Step, action: Remove) -> None:
        """Take a unit out of its place: into this run's quarantine, or into the system trash."""
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent)
            with self.guard.lock(step, action):
                if action.disposal is Disposal.TRASH:
                    self._trash(step, action.names)
                else:
                    self._take(number, step, action.names, parent)

    def tidy(self, step: Step, action: Tidy, done: Removal) -> None:
        """Remove a container in which nothing is left but the empty ones it may take along."""
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent, tree=False)
            below = [(*action.names, *names) for names in action.alone]
            self._check_empty(parent, action, set(below))
            for names in (*below, action.names):
                with self.guard.folder(step, names) as outer:
                    own = handles.lstat(outer, names[-1])
                    try:
                        system.rmdir(outer, names[-1])
                    except OSError as error:
                        if error.errno in (ENOTEMPTY, EEXIST):
                            raise Stop(Trouble("not-empty", "/".join(names))) from error
                        raise
                    done.files += 1
                    done.freed += handles.allocated(own)

    def restore(self, step: Step, action: Restore) -> None:
        """Bring a unit back from a run's quarantine, over nothing."""
        quarantine = self._open(step.cache, action.run)
        try:
            status = handles.lstat(quarantine.handle, str(action.number))
        except FileNotFoundError as error:
            raise Stop(Trouble("missing", "/".join(action.names))) from error
        if step.identity is None or handles.identity(status) != step.identity:
            raise Stop(Trouble("changed", "/".join(action.names)))
        with self.guard.folder(step, action.names) as parent:
            try:
                quarantine.give_back(action.number, parent, action.names[-1])
            except FileExistsError as error:
                raise Stop(Trouble("exists", "/".join(action.names))) from error

    def remake(self, step: Step, action: Remake) -> None:
        """Make a container again; one that is there already is good enough."""
        with self.guard.folder(step, action.names) as parent:
            try:
                system.mkdir(parent, action.names[-1], action.mode)
            except FileExistsError:
                if handles.kind(handles.lstat(parent, action.names[-1])) is not Kind.DIRECTORY:
                    raise Stop(Trouble("exists", "/".join(action.names))) from None

    def settle(self, step: Step, action: Settle, folders: Folders) -> None:
        """Give a directory its times back, unless somebody else changed it since."""
        seen = folders.noted.get((step.cache, action.names))
        if action.left_ns is not None and (seen is None or seen.modified_ns != action.left_ns):
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
        """Delete what one run's quarantine in one root holds, and the quarantine."""
        return self._open(step.cache, action.run).purge_all(done)

    def purge(self, number: int, step: Step, done: Removal) -> Iterator[Removal]:
        """Delete one unit that this run moved."""
        return self._quarantines[(step.cache, self.run)].purge(number, done)

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
        key = (step.cache, self.run)
        if key not in self._quarantines:
            self._quarantines[key] = Quarantine.create(self.guard.root(step.cache).handle, self.run)
        quarantine = self._quarantines[key]
        quarantine.take(parent, names[-1], number)
        moved = handles.lstat(quarantine.handle, str(number))
        if step.identity is None or handles.identity(moved).inode != step.identity.inode:
            # Somebody swapped it in the instant between the look and the rename: back, unopened.
            quarantine.give_back(number, parent, names[-1])
            raise Stop(Trouble("changed", "/".join(names)))

    def _trash(self, step: Step, names: Names) -> None:
        root = self.guard.root(step.cache)
        if step.identity is None:
            raise Stop(Trouble("changed", "/".join(names)))
        if (trouble := trash.send(root.root.path.joinpath(*names), step.identity, self.machine)) is not None:
            raise Stop(trouble)

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

    def _open(self, cache: CacheId, run: str) -> Quarantine:
        key = (cache, run)
        if key not in self._quarantines:
            try:
                self._quarantines[key] = Quarantine.open(self.guard.root(cache).handle, run)
            except OSError as error:
                raise Stop(Trouble("no-quarantine", run, error.errno)) from error
        return self._quarantines[key]
