"""The system's trash: send2trash behind a look before and a look after. Never a fallback to deletion."""

import importlib
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.inventory import CacheId, Entry, EntryId, Inventory
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.execute import freedesktop, system, trash_record
from cachemgr.execute.freedesktop import OpenTrash
from cachemgr.execute.guard import Stop
from cachemgr.execute.parcel import LONGEST, Names, Parcel

_FREEDESKTOP = sys.platform not in ("darwin", "win32")


def untrashable(inventory: Inventory, entries: Iterable[Entry], machine: Machine) -> Mapping[EntryId, str]:
    """Why some entries cannot go to the trash, as far as that can be told without touching anything."""
    places: dict[CacheId, Trouble | None] = {}
    found: dict[EntryId, str] = {}
    for entry in entries:
        root = inventory.cache_by_id[entry.cache].real_path
        if root is None:
            continue
        if entry.cache not in places:
            places[entry.cache] = _root_trouble(root, machine)
        trouble = places[entry.cache]
        for unit in entry.units:
            trouble = trouble or _name_trouble(root, unit.names)
        if trouble is not None:
            found[entry.id] = trouble.detail
    return found


def refusal(root: Path, handle: Handle, names: Names, machine: Machine) -> Trouble | None:
    """Why a unit below a real directory, which is open, cannot be moved to the trash without being copied or
    lost; None when it can. Changes nothing."""
    return _name_trouble(root, names) or _place_trouble(root, handle, machine)


def send(parcel: Parcel, quarantine: Handle, parent: Handle, machine: Machine) -> Trouble | None:
    """Move what waits in the quarantine under its number on to the trash, and see that it arrived; None when
    it did; with a trouble it waits under its number again. `parent` is the directory of its place.

    Raises OSError where it could not even be brought back; `trash_recovery` tells where it is then.
    """
    try:
        if sys.platform == "win32":
            # The bin remembers from where it took something, and nobody can tell it better: it takes it from
            # its place, which an open handle keeps from being exchanged.
            place = (parent, parcel.names[-1])
            system.move(quarantine, str(parcel.number), *place)
            if (trouble := _ask(parcel.origin, *place)) is not None:
                system.move(*place, quarantine, str(parcel.number))
            return trouble
        parcel.pack(quarantine)
    except OSError as error:
        return Trouble("trash", "", error.errno)
    trouble = (_to_freedesktop if _FREEDESKTOP else _to_system)(parcel, quarantine, machine)
    if trouble is None:
        parcel.drop_box(quarantine)
    return trouble


def _to_freedesktop(parcel: Parcel, quarantine: Handle, machine: Machine) -> Trouble | None:
    with ExitStack() as stack:
        try:
            place = freedesktop.choose(parcel.root, quarantine, machine)
            trash = stack.enter_context(freedesktop.opened(place))
        except (Stop, OSError) as error:
            parcel.unpack(quarantine)
            return _trouble(error)
        if (trouble := _hand_over(parcel, trash)) is not None:
            take_back(parcel, quarantine, trash)
        return trouble


def _hand_over(parcel: Parcel, trash: OpenTrash) -> Trouble | None:
    """From its box into the trash, with a record of where it came from."""
    try:
        # Of the library the step that moves into a given trash: its own choice of one ends, where a rename
        # fails, in copying to another device and deleting the original.
        _library().trash_move(os.fsencode(parcel.packed), os.fsencode(trash.path))
    except Exception as error:  # also where another version of it has no such step
        return Trouble("trash", "", getattr(error, "errno", None))
    try:
        name = trash.find(parcel.label, parcel.identity)
        if name is None:
            return Trouble("trash", "not-found-in-trash")
        settle(parcel, name, trash)
    except OSError as error:
        return Trouble("trash", "", error.errno)
    return None


def _to_system(parcel: Parcel, quarantine: Handle, _machine: Machine) -> Trouble | None:
    """Where the system keeps its trash to itself: it is given a path, and the path has to be empty then."""
    box = handles.open_child(quarantine, parcel.box)
    try:
        trouble = _ask(parcel.packed, box, parcel.label)
    finally:
        handles.close(box)
    if trouble is not None:
        parcel.unpack(quarantine)
    return trouble


def _ask(path: Path, parent: Handle, name: str) -> Trouble | None:
    try:
        _library().send2trash(str(path))
    except Exception as error:  # its bindings to the system raise errors of their own
        return Trouble("trash", "", getattr(error, "errno", None))
    try:
        handles.lstat(parent, name)
    except FileNotFoundError:
        return None
    return Trouble("trash", "still-there")


def settle(parcel: Parcel, name: str, trash: OpenTrash) -> None:
    """Let the trash remember where a thing in it came from, durably. Raises OSError.

    The library wrote down from where it moved it, which is the quarantine.
    """
    trash_record.mend(trash.info, name, trash.trash.recorded(parcel.origin))
    system.sync(trash.files)


def take_back(parcel: Parcel, quarantine: Handle, trash: OpenTrash) -> None:
    """From the trash or its box back to its number, without a trace in the trash. Raises OSError."""
    name = trash.find(parcel.label, parcel.identity)
    if name is None:
        parcel.unpack(quarantine)
    else:
        system.move(trash.files, name, quarantine, str(parcel.number))
        parcel.drop_box(quarantine)
    trash_record.forget(trash.info, name or parcel.label)


def _name_trouble(root: Path, names: Names) -> Trouble | None:
    if not _FREEDESKTOP:
        return None
    if len(os.fsencode(names[-1])) > LONGEST:
        return Trouble("trash", "name-too-long")
    try:
        str(root.joinpath(*names)).encode("utf-8")
    except UnicodeEncodeError:
        # The specification leaves open what such bytes mean: not every tool brings them back as they were.
        return Trouble("trash", "name-not-text")
    return None


def _root_trouble(root: Path, machine: Machine) -> Trouble | None:
    try:
        handle = handles.open_root(root)
    except OSError:
        return None  # of a root that cannot be opened there is more to say than that
    try:
        return _place_trouble(root, handle, machine)
    finally:
        handles.close(handle)


def _place_trouble(root: Path, handle: Handle, machine: Machine) -> Trouble | None:
    try:
        if sys.platform == "win32":
            from cachemgr.execute import windows

            return windows.bin_trouble(root)
        if sys.platform == "darwin":
            from cachemgr.execute import macos

            return macos.trash_trouble(root)
        place = freedesktop.choose(root, handle, machine)
        if place.path.is_relative_to(root):
            # What went there would be an entry of the cache, and the next to be cleared.
            return Trouble("trash", "inside-cache")
        freedesktop.check(place)
    except (Stop, OSError) as error:
        return _trouble(error)
    return None


def _trouble(error: Stop | OSError) -> Trouble:
    return error.trouble if isinstance(error, Stop) else Trouble("trash", "unreachable", error.errno)


def _library() -> Any:
    """Loaded where something goes to the trash; always the one of its ways that was looked at here.

    On Linux the other is taken where PyGObject happens to be installed, and has rules of its own. On Windows
    the other deletes for good what the bin would not keep.
    """
    # Its type stubs do not know these modules.
    if sys.platform == "win32":
        return importlib.import_module("send2trash.win.modern")
    return importlib.import_module("send2trash.plat_other" if _FREEDESKTOP else "send2trash")
