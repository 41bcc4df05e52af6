"""Steps about the system's trash: a unit goes there, or comes back from the way there that a killed run left
it on."""

from contextlib import suppress

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.action import Remove, Restore
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.execute import trash, trash_recovery
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.naming import inode
from cachemgr.execute.parcel import Parcel
from cachemgr.execute.quarantine import Quarantine
from cachemgr.execute.trash_recovery import Station

Names = tuple[str, ...]


class ToTrash:
    """The trash as the steps of one run use it."""

    def __init__(self, guard: Guard, machine: Machine) -> None:
        self.guard = guard
        self.machine = machine

    def refuse(self, step: Step, names: Names, parent: Handle) -> None:
        """Raise Stop where a unit cannot go to the trash; nothing is changed."""
        root = self.guard.root(step.cache).root.path
        if (trouble := trash.refusal(root, parent, names, self.machine)) is not None:
            raise Stop(trouble)

    def send(self, step: Step, names: Names, parent: Handle, quarantine: Quarantine, number: int) -> None:
        """From its number in a quarantine into the trash. Raises Stop, and has then brought it back to its
        place, or, where that is taken, says that it is set aside."""
        root = self.guard.root(step.cache).root.path
        moved = handles.identity(handles.lstat(quarantine.handle, str(number)))
        parcel = Parcel(quarantine.run, number, root, names, moved)
        if (trouble := trash.send(parcel, quarantine.handle, parent, self.machine)) is not None:
            try:
                quarantine.give_back(number, parent, names[-1])
            except FileExistsError as error:
                raise Stop(Trouble("trash", "set-aside")) from error
            raise Stop(trouble)

    def has_arrived(self, step: Step, action: Remove) -> bool:
        """Whether what an interrupted run was taking to the trash is there, once it was helped on from where
        nothing but the trash was left to come. Otherwise it is at its place, and nothing of the attempt is
        left. Raises Stop, OSError."""
        assert action.resumes is not None
        root = self.guard.root(step.cache)
        parcel = self._parcel(step, action.resumes.run, action.resumes.number, action.names)
        station = trash_recovery.locate(parcel, root.handle, self.machine).station
        if station in (Station.PACKED, Station.TRASH):
            trouble = trash_recovery.finish(parcel, root.handle, self.machine)
        else:
            # It goes the whole way once more, and is looked into again on it.
            trouble = self._bring_back(parcel, root.handle)
        if trouble is not None:
            raise Stop(trouble)
        return trash_recovery.locate(parcel, root.handle, self.machine).station is Station.TRASH

    def is_on_the_way(self, step: Step, action: Remove, run: str, number: int) -> bool:
        """Whether a unit that a step could neither hand over nor bring back lies on the way to the trash, or
        may; `return_from` finds it there."""
        with suppress(Stop, OSError), self.guard.folder(step, action.names) as parent:
            if step.identity is None or inode(parent, action.names[-1]) == step.identity.inode:
                return False
        try:
            parcel = self._parcel(step, run, number, action.names)
            found = trash_recovery.locate(parcel, self.guard.root(step.cache).handle, self.machine)
        except Stop:
            return False
        except OSError:
            return True
        return found.station in (Station.QUARANTINE, Station.PACKED, Station.TRASH)

    def return_from(self, step: Step, action: Restore) -> bool:
        """Bring back what an interrupted run was taking to the trash, over nothing; False where it lies in
        none of the places on the way. Raises Stop, OSError."""
        root = self.guard.root(step.cache)
        parcel = self._parcel(step, action.run, action.number, action.names)
        if (trouble := trash_recovery.bring_back(parcel, root.handle, self.machine)) is None:
            return True
        if trouble.kind == "missing":
            return False
        raise Stop(trouble)

    def _bring_back(self, parcel: Parcel, root: Handle) -> Trouble | None:
        trouble = trash_recovery.bring_back(parcel, root, self.machine)
        # What is nowhere is missed where its place is looked at, in the words of every other step.
        return None if trouble is None or trouble.kind == "missing" else trouble

    def _parcel(self, step: Step, run: str, number: int, names: Names) -> Parcel:
        self.guard.check_names(step, names)
        if step.identity is None:
            raise Stop(Trouble("changed", "/".join(names)))
        return Parcel(run, number, self.guard.root(step.cache).root.path, names, step.identity)
