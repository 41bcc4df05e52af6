"""Where the units are that a killed run was taking to the trash, and the two ways on from there.

Nothing is guessed: a unit is where its inode is, and a thing in the trash is ours when it bears the name that
only this step of this run gives.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.action import Remove
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.run import Run
from cachemgr.domain.terms import Disposal, StepState
from cachemgr.execute import freedesktop, system, trash, trash_record
from cachemgr.execute.freedesktop import OpenTrash
from cachemgr.execute.guard import Stop
from cachemgr.execute.parcel import Parcel
from cachemgr.execute.quarantine import Quarantine
from cachemgr.execute.remove import Removal


class Station(StrEnum):
    """The places of a unit on its way to the trash, in their order."""

    PLACE = "place"
    QUARANTINE = "quarantine"
    """Under its number."""
    PACKED = "packed"
    """In its box in the quarantine."""
    TRASH = "trash"
    NOWHERE = "nowhere"
    """In none of these: another program brought it back or emptied the trash. On macOS and Windows also what
    reached the trash, which cannot be asked there."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where one unit is now."""

    station: Station
    remembered: bool = False
    """Of what is in the trash: its record names the place it came from, and any tool restores it there."""
    trouble: Trouble | None = None
    """Why the trash could not be looked into, where that was needed."""


def sent(run: Run) -> tuple[Parcel, ...]:
    """What a run took to the trash, and what it announced to take there and never reported on."""
    return tuple(
        Parcel(run.id, number, run.plan.root(step.cache).path, step.action.names, step.identity)
        for number, step in enumerate(run.plan.steps)
        if (number in run.pending or run.step_state(number) is StepState.DONE)
        and isinstance(step.action, Remove)
        and step.action.disposal is Disposal.TRASH
        and step.identity is not None
    )


def on_the_way(run: Run, machine: Machine) -> Iterator[int]:
    """The steps whose units an interrupted run left packed for the trash, or in it."""
    for parcel in sent(run):
        with suppress(OSError, ValueError):
            root = handles.open_root(parcel.root)
            try:
                if locate(parcel, root, machine).station in (Station.PACKED, Station.TRASH):
                    yield parcel.number
            finally:
                handles.close(root)


def locate(parcel: Parcel, root: Handle, machine: Machine) -> Sighting:
    """Where a unit is now; `root` is the cache's directory. Changes nothing. Raises OSError."""
    with _opened(parcel, root, machine) as site:
        return site.look()


def finish(parcel: Parcel, root: Handle, machine: Machine) -> Trouble | None:
    """Let a unit that is on its way arrive, with a record of its place; None when it has. One that never
    left its place stays there. Raises OSError."""
    with _opened(parcel, root, machine) as site:
        match site.look():
            case Sighting(Station.TRASH, remembered):
                assert site.trash is not None
                if not remembered:
                    trash.settle(parcel, site.spots[Station.TRASH][1], site.trash)
                site.tidy(record=False)
                return None
            case Sighting(Station.NOWHERE, _, trouble):
                return trouble or Trouble("missing", "/".join(parcel.names))
            case Sighting(Station.PLACE):
                site.tidy()
                return Trouble("trash", "not-begun")
            case Sighting(station):
                return site.send_on(machine, packed=station is Station.PACKED)


def bring_back(parcel: Parcel, root: Handle, machine: Machine) -> Trouble | None:
    """Put a unit back at its place, over nothing, and leave no trace of it in the trash; None when it is
    there. Raises OSError."""
    with _opened(parcel, root, machine) as site:
        found = site.look()
        if found.station is Station.NOWHERE:
            return found.trouble or Trouble("missing", "/".join(parcel.names))
        if found.station is not Station.PLACE:
            if Station.PLACE not in site.spots:
                return Trouble("missing", "/".join(parcel.names[:-1]))
            try:
                system.move(*site.spots[found.station], *site.spots[Station.PLACE])
            except FileExistsError:
                return Trouble("exists", "/".join(parcel.names))
        site.tidy()
    return None


@dataclass(frozen=True, slots=True)
class _Site:
    """All places of one unit, open while it is looked for and moved."""

    parcel: Parcel
    spots: Mapping[Station, tuple[Handle, str]]
    """The directories that are there, each with what the unit would be called in it."""
    quarantine: Quarantine | None
    trash: OpenTrash | None
    trouble: Trouble | None

    def look(self) -> Sighting:
        for station, (folder, name) in self.spots.items():
            try:
                status = handles.lstat(folder, name)
            except FileNotFoundError:
                continue
            if (status.st_dev, status.st_ino) == self.parcel.identity.inode:
                return Sighting(station, station is Station.TRASH and self._remembered(name))
        return Sighting(Station.NOWHERE, trouble=self.trouble)

    def send_on(self, machine: Machine, *, packed: bool) -> Trouble | None:
        parcel = self.parcel
        if self.quarantine is None or Station.PLACE not in self.spots:
            return Trouble("missing", "/".join(parcel.names[:-1]))
        if (trouble := trash.refusal(parcel.root, self.quarantine.handle, parcel.names, machine)) is not None:
            return trouble
        if packed:
            parcel.unpack(self.quarantine.handle)
        # Station a record is left of the attempt that was killed, the library would choose another name.
        self._forget()
        trouble = trash.send(parcel, self.quarantine.handle, self.spots[Station.PLACE][0], machine)
        if trouble is None:
            self.tidy(record=False)
        return trouble

    def tidy(self, *, record: bool = True) -> None:
        """Take away what was left on the way, once the unit is at either end of it."""
        if record:
            self._forget()
        if self.quarantine is not None:
            self.parcel.drop_box(self.quarantine.handle)
            with suppress(OSError):
                self.quarantine.drop_if_empty(Removal())

    def _forget(self) -> None:
        if self.trash is not None:
            trash_record.forget(self.trash.info, self.parcel.label)

    def _remembered(self, name: str) -> bool:
        assert self.trash is not None
        place = self.trash.trash.recorded(self.parcel.origin)
        return trash_record.place_of(self.trash.info, name) == place


@contextmanager
def _opened(parcel: Parcel, root: Handle, machine: Machine) -> Iterator[_Site]:
    spots: dict[Station, tuple[Handle, str]] = {}
    with ExitStack() as stack:

        def below(handle: Handle, names: tuple[str, ...], station: Station, name: str) -> None:
            with suppress(FileNotFoundError):
                folder = handles.open_below(handle, names)
                stack.callback(handles.close, folder)
                spots[station] = (folder, name)

        below(root, parcel.names[:-1], Station.PLACE, parcel.names[-1])
        quarantine = None
        with suppress(FileNotFoundError):
            quarantine = Quarantine.open(root, parcel.run)
            stack.callback(quarantine.close)
            spots[Station.QUARANTINE] = (quarantine.handle, str(parcel.number))
            below(quarantine.handle, (parcel.box,), Station.PACKED, parcel.label)
        found, trouble = _trash(parcel, root, machine, stack)
        if found is not None:
            name = found.find(parcel.label, parcel.identity)
            spots[Station.TRASH] = (found.files, name or parcel.label)
        yield _Site(parcel, spots, quarantine, found, trouble)


def _trash(
    parcel: Parcel, root: Handle, machine: Machine, stack: ExitStack
) -> tuple[OpenTrash | None, Trouble | None]:
    if sys.platform in ("darwin", "win32"):
        return None, None
    try:
        place = freedesktop.choose(parcel.root, root, machine)
        return stack.enter_context(freedesktop.opened(place, make=False)), None
    except FileNotFoundError:
        return None, None
    except Stop as stop:
        return None, stop.trouble
