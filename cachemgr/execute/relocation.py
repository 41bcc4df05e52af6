"""A unit of a migration gets another place on the same file system, and a link takes the old one; nothing is
overwritten or lost on the way."""

from cachemgr.disk import handles
from cachemgr.domain.action import Link, Move, Return, Unlink
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.execute import system
from cachemgr.execute.copies import Copies
from cachemgr.execute.depths import look_for_obstacles, look_through
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.naming import inode, leads, rename
from cachemgr.execute.quarantines import Quarantines
from cachemgr.execute.unsynced import Unsynced


class Relocation:
    """Works in the roots that a guard holds open. Each effect raises Stop or OSError, and then has changed
    nothing."""

    def __init__(self, run: str, guard: Guard, quarantines: Quarantines) -> None:
        self.guard = guard
        self._unsynced = Unsynced(guard)
        self.copies = Copies(run, guard, quarantines, self._unsynced)

    def move(self, step: Step, action: Move) -> None:
        """To another directory of the same file system; it is looked into where it lies then."""
        names, place = action.names, action.place
        if action.resumes is not None and self._is_there(step, action):
            return
        with self.guard.folder(step, names) as parent, self.guard.folder_in(action.to, place) as target:
            self.guard.check(step, names, parent)
            with self.guard.lock(step, action):
                rename(parent, names[-1], target, place)
            self._unsynced.note(step.cache, names)
            self._unsynced.note(action.to, place)
            try:
                look_through(self.guard.root(step.cache), step, names, target, place[-1])
            except Stop as stop:
                if stop.trouble.kind != "missing":
                    system.move(target, place[-1], parent, names[-1])
                raise

    def give_back(self, step: Step, action: Return) -> bool:
        """What a run had moved goes back to its place; False where it is there already."""
        assert step.identity is not None
        names, place = action.names, action.place
        with self.guard.folder(step, names) as target:
            try:
                with self.guard.folder_in(action.of, place) as parent:
                    status = handles.lstat(parent, place[-1])
                    if (status.st_dev, status.st_ino) == step.identity.inode:
                        rename(parent, place[-1], target, names)
                        self._unsynced.note(action.of, place)
                        self._unsynced.note(step.cache, names)
                        return True
            except (FileNotFoundError, Stop) as error:
                if isinstance(error, Stop) and error.trouble.kind != "missing":
                    raise
            if inode(target, names[-1]) == step.identity.inode:
                return False
            raise Stop(Trouble("missing", "/".join(place)))

    def link(self, step: Step, action: Link) -> None:
        with self.guard.folder(step, action.names) as parent:
            try:
                system.link_directory(parent, action.names[-1], action.target)
            except FileExistsError as error:
                if leads(parent, action.names[-1]) != action.target:
                    raise Stop(Trouble("exists", "/".join(action.names))) from error
            self._unsynced.note(step.cache, action.names)

    def unlink(self, step: Step, action: Unlink) -> None:
        with self.guard.folder(step, action.names) as parent:
            if inode(parent, action.names[-1]) is None:
                return
            if leads(parent, action.names[-1]) != action.target:
                raise Stop(Trouble("changed", "/".join(action.names)))
            system.unlink(parent, action.names[-1])

    def flush(self) -> None:
        """Make durable what was renamed so far. Raises OSError."""
        self._unsynced.flush()

    def close(self) -> None:
        self.copies.close()

    def _is_there(self, step: Step, action: Move) -> bool:
        """Whether the interrupted run had moved a unit already, which may have been used since. What must not
        be moved goes back. Raises Stop."""
        assert step.identity is not None
        names, place = action.names, action.place
        with self.guard.folder_in(action.to, place) as target:
            if inode(target, place[-1]) != step.identity.inode:
                return False
            try:
                look_for_obstacles(self.guard.root(action.to), place, target, place[-1])
            except Stop:
                with self.guard.folder(step, names) as parent:
                    rename(target, place[-1], parent, names)
                raise
        return True
