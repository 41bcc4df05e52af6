"""The one door: every change of the user's disk happens here, behind the guard."""

from collections.abc import Iterator
from contextlib import nullcontext
from errno import EEXIST, ENOTEMPTY

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Close, Purge, Remake, Remove, Restore, Settle, Tidy
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import NOT_RETURNED, Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal
from cachemgr.domain.unit import Inode, Kind
from cachemgr.execute import system
from cachemgr.execute.berths import berth, is_held, is_taken, restore
from cachemgr.execute.containers import Containers
from cachemgr.execute.depths import look_for_obstacles, look_through
from cachemgr.execute.folders import Folders, Touch
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.naming import inode
from cachemgr.execute.quarantine import Quarantine
from cachemgr.execute.quarantines import Quarantines
from cachemgr.execute.refreshed import is_rewritten, is_written_anew, metadata_of
from cachemgr.execute.relocation import Relocation
from cachemgr.execute.remove import Removal, Task
from cachemgr.execute.to_trash import ToTrash

Names = tuple[str, ...]

_LARGE = 10_000
"""Entries of a unit whose removal takes half a second or more."""


class Effects:
    """Performs actions in the roots that a guard holds open. Each raises Stop or OSError and then has
    changed nothing."""

    def __init__(self, run: str, guard: Guard, machine: Machine) -> None:
        self.run = run
        self.guard = guard
        self.machine = machine
        self._quarantines = Quarantines(guard)
        self._containers = Containers(guard)
        self._to_trash = ToTrash(guard, machine)
        self.relocation = Relocation(run, guard, self._quarantines)
        self._made: dict[tuple[CacheId, Names], tuple[Inode | None, Touch]] = {}
        """Directories that this run made, and what that did to the one around each."""
        self._moved: dict[int, Touch] = {}
        """What moving a step's unit did to the directory it was in."""
        self._just_seen: int | None = None
        """The unit that was looked into after everything else that happened so far."""

    def remove(self, number: int, step: Step, action: Remove) -> None:
        """Take a unit out of its place: into the quarantine, or by way of that into the system trash.

        However large it is, it leaves its place at once: it is looked into where nobody else finds it.
        """
        if action.resumes is not None and self._is_resumed(number, step, action):
            return
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent)
            with self.guard.lock(step, action):
                if action.disposal is Disposal.TRASH:
                    self._to_trash.refuse(step, action.names, parent)
                self._take(number, step, action.names, parent)
                self._refuse_refreshed(number, step, action.names, parent)
                if action.disposal is Disposal.TRASH:
                    self._to_trash.send(step, action.names, parent, *self._whereabouts(number, step))

    def tidy(self, step: Step, action: Tidy, done: Removal) -> None:
        """Remove a container in which nothing is left but the empty ones it may take along."""
        self._containers.tidy(step, action, done)

    def restore(self, step: Step, action: Restore) -> bool:
        """Bring a unit back from a run's quarantine, over nothing; False where it is at its place already."""
        if action.trashed and self._to_trash.return_from(step, action):
            self._quarantines.forget_dropped(step.cache, action.run)
            return True
        return restore(self._quarantines.open(step.cache, action.run), step, action, self.guard)

    def remake(self, step: Step, action: Remake) -> None:
        """Make a container again; one that is there already is good enough, but for the mode of one that
        was being made when somebody was interrupted."""
        with self.guard.folder(step, action.names) as parent:
            touch = Touch(parent)
            try:
                system.mkdir(parent, action.names[-1], action.mode)
            except FileExistsError:
                if handles.kind(handles.lstat(parent, action.names[-1])) is not Kind.DIRECTORY:
                    raise Stop(Trouble("exists", "/".join(action.names))) from None
                if action.begun:
                    system.finish_mkdir(parent, action.names[-1], action.mode)
            else:
                touch.made(parent)
                self._made[(step.cache, action.names)] = inode(parent, action.names[-1]), touch

    def unmake(self, step: Step, action: Remake) -> bool:
        """Remove a directory again that this run made and in which there is nothing; whether it did. Raises
        Stop, OSError."""
        made, touch = self._made.get((step.cache, action.names), (None, None))
        if made is None or touch is None:
            return False
        with self.guard.folder(step, action.names) as parent:
            if inode(parent, action.names[-1]) != made:
                return False
            try:
                with touch.taken_back(parent):
                    system.rmdir(parent, action.names[-1])
            except OSError as error:
                if error.errno in (ENOTEMPTY, EEXIST):
                    return False
                raise
        del self._made[(step.cache, action.names)]
        return True

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
        quarantine = self._quarantines.open(step.cache, action.run)
        if quarantine is not None:
            held = {number: (dev, ino) for number, dev, ino in action.held}
            for number in held:  # all of them, before the first goes: a refusal changes nothing
                names = (OURS + action.run, str(number))
                look_for_obstacles(self.guard.root(step.cache), names, quarantine.handle, str(number))
            yield from quarantine.purge_all(held, done)

    def purgeable(self, number: int, step: Step, names: Names) -> Task | None:
        """A unit that was moved, to be removed for good now; None where an earlier run had done that. Raises
        Stop where something was written to it on the way, and then has brought it back; OSError."""
        run, place, begun = berth(self.run, number, step)
        quarantine = self._quarantines.held(step.cache, run)
        if quarantine is None:
            return None
        # Somebody who has it open can still write to it, and since it was looked into others were moved and
        # removed; so it is looked into again, which takes a thirtieth of what its removal takes. It is not
        # where that says nothing new: nothing else happened since, and it is so large that the instant
        # between is little against the time its removal takes, during which nobody looks either.
        certain = self._just_seen == number and step.seen is not None and step.seen.entries >= _LARGE
        self._just_seen = None
        if not (begun or certain):
            self._make_sure(number, step, names)
            self._refuse_refreshed(number, step, names)
        return quarantine.task(place, number, begun=begun)

    def bring_back(self, number: int, step: Step, names: Names, parent: Handle | None = None) -> None:
        """Return a unit that was moved to its place, by its folder if that is open. Raises Stop where that
        cannot be: it stays in the quarantine, whole."""
        if parent is not None:
            self._give_back(number, step, names, parent)
            return
        try:
            self._containers.make_way(step, names)
            with self.guard.folder(step, names) as parent:
                self._give_back(number, step, names, parent)
        except OSError as error:
            raise self._stranded(number, step, error.errno) from error
        except Stop as stop:
            raise self._stranded(number, step, stop.trouble.errno) from stop

    def close_run(self, step: Step, action: Close, done: Removal) -> None:
        """Remove a run's quarantine where nothing lies in it any more."""
        self._quarantines.drop(step.cache, action.run, done)

    def is_held(self, number: int, step: Step) -> bool:
        """Whether the unit of a step that failed lies in the quarantine all the same, or may."""
        run, place, _ = berth(self.run, number, step)
        return is_held(self._quarantines.held(step.cache, run), place, step) or (
            isinstance(step.action, Remove)
            and step.action.disposal is Disposal.TRASH
            and self._to_trash.is_on_the_way(step, step.action, run, place)
        )

    def drop_empty(self) -> None:
        """Remove the quarantines in which nothing is left."""
        self._quarantines.drop_empty()

    def close(self) -> None:
        self.relocation.close()
        self._quarantines.close()

    def _take(self, number: int, step: Step, names: Names, parent: Handle) -> None:
        run, place, _ = berth(self.run, number, step)
        quarantine = self._quarantines.make(step.cache, run)
        self._just_seen = None
        self._moved[number] = touch = Touch(parent)
        quarantine.take(parent, names[-1], place)
        touch.made(parent)
        self._make_sure(number, step, names, parent)
        self._just_seen = number

    def _make_sure(self, number: int, step: Step, names: Names, parent: Handle | None = None) -> None:
        """Look into a unit that was moved, and return it if it must not go. Raises Stop."""
        quarantine, place = self._whereabouts(number, step)
        try:
            look_through(self.guard.root(step.cache), step, names, quarantine.handle, str(place))
        except Stop as stop:
            if stop.trouble.kind != "missing":
                self.bring_back(number, step, names, parent)
            raise

    def _refuse_refreshed(self, number: int, step: Step, names: Names, parent: Handle | None = None) -> None:
        """Return a value that was moved, if its metadata was written since: what nobody needed any more is
        needed again. By then its folder is open, unless the deletion has begun: of that the metadata, which
        is before it, was made sure of by itself. Raises Stop."""
        for need, needed, metadata in metadata_of(self.guard, step):
            run, place, _ = berth(self.run, need, needed)
            quarantine = self._quarantines.held(step.cache, run)
            anew = is_written_anew(self.guard, step, names, metadata)
            aside = None if parent is None else quarantine
            if not anew and not is_rewritten(self.guard, needed, metadata, aside, place):
                continue
            returned: tuple[int, ...] = ()
            if not anew:
                self.bring_back(need, needed, metadata)
                returned = (need,)
            self.bring_back(number, step, names, parent)
            raise Stop(Trouble("refreshed", "/".join(names)), returned)

    def _give_back(self, number: int, step: Step, names: Names, parent: Handle) -> None:
        """From the quarantine to its place, unopened, and as if nothing had been. Raises Stop."""
        quarantine, place = self._whereabouts(number, step)
        touch = self._moved.get(number)
        try:
            with touch.taken_back(parent) if touch else nullcontext():
                quarantine.give_back(place, parent, names[-1])
        except OSError as error:
            raise self._stranded(number, step, error.errno) from error

    def _whereabouts(self, number: int, step: Step) -> tuple[Quarantine, int]:
        """The quarantine in which a moved unit lies, and its number there. Raises Stop."""
        run, place, _ = berth(self.run, number, step)
        if (quarantine := self._quarantines.held(step.cache, run)) is None:
            raise Stop(Trouble("missing", str(place)))
        return quarantine, place

    def _stranded(self, number: int, step: Step, errno: int | None) -> Stop:
        run, place, _ = berth(self.run, number, step)
        root = self.guard.root(step.cache).root
        lies = root.path.joinpath(*root.own) / (OURS + run) / str(place)
        return Stop(Trouble(NOT_RETURNED, str(lies), errno))

    def _is_resumed(self, number: int, step: Step, action: Remove) -> bool:
        """Whether an interrupted run had taken a unit out of its place, so that nothing is left to do."""
        assert action.resumes is not None
        run = action.resumes.run
        if action.disposal is Disposal.TRASH:
            arrived = self._to_trash.has_arrived(step, action)
            self._quarantines.forget_dropped(step.cache, run)
            return arrived
        if not is_taken(self._quarantines.open(step.cache, run), step, action, self.guard):
            return False
        if not action.resumes.begun:
            # A run that was killed right after it had moved it never came to look into it.
            self._make_sure(number, step, action.names)
        return True
