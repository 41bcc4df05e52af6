"""The system's trash: send2trash behind a look before and a look after. Never a fallback to deletion."""

import importlib
import os
import stat
import sys
from pathlib import Path
from typing import Any

from cachemgr.disk import handles
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Identity

_LONGEST = 255 - len(".trashinfo")
"""Bytes a name may have: the trash keeps it with that suffix (freedesktop.org trash specification)."""


def refusal(path: Path, machine: Machine) -> Trouble | None:
    """Why something cannot be moved to the trash without being copied or lost; None when it can."""
    if sys.platform == "win32" or sys.platform == "darwin":
        return None
    if len(os.fsencode(path.name)) > _LONGEST:
        return Trouble("trash", "name-too-long")
    try:
        path.name.encode("utf-8")
    except UnicodeEncodeError:
        return Trouble("trash", "name-not-text")
    device = os.lstat(path).st_dev
    home = _home_trash(machine)
    if home != _process_trash() or not home.is_absolute():
        # send2trash takes the trash of the process's HOME, which is not the home we were told to use.
        return Trouble("trash", "other-home")
    # It decides by the device of the home itself, wherever the trash of that home may be.
    if os.stat(Path(machine.home)).st_dev != device:
        home = _top(path, device) / f".Trash-{os.geteuid()}"
        shared = home.with_name(".Trash")
        if shared.is_symlink() or shared.exists():
            return Trouble("trash", "shared-trash")
    if _mount(path.parent) != _mount(home):
        # A rename between mounts fails, and send2trash would then copy everything and delete the original.
        return Trouble("trash", "other-mount")
    return _directory_trouble(home)


def send(path: Path, identity: Identity, machine: Machine) -> Trouble | None:
    """Move to the trash, and see that it arrived; None when it did. Raises nothing for an item."""
    if (trouble := refusal(path, machine)) is not None:
        return trouble
    try:
        _send2trash().send2trash(str(path))
    except OSError as error:
        return Trouble("trash", type(error).__name__, error.errno)
    if os.path.lexists(path):
        return Trouble("trash", "still-there")
    if sys.platform.startswith("linux") and not _arrived(path, identity, machine):
        return Trouble("trash", "not-found-in-trash")
    return None


def _home_trash(machine: Machine) -> Path:
    data = machine.env.get("XDG_DATA_HOME") or str(Path(machine.home) / ".local" / "share")
    return Path(data) / "Trash"


def _process_trash() -> Path:
    return Path(os.fsdecode(_send2trash().HOMETRASH_B))


def _send2trash() -> Any:
    """Loaded where something goes to the trash. On Linux always the one of its two ways that was looked at
    here: the other is taken where PyGObject happens to be installed, and has rules of its own."""
    # Its type stubs do not know the module that Linux uses.
    linux = sys.platform.startswith("linux")
    return importlib.import_module("send2trash.plat_other" if linux else "send2trash")


def _directory_trouble(trash: Path) -> Trouble | None:
    """A trash directory is real, ours and no link, down to where the files go."""
    for place in (trash, trash / "files", trash / "info"):
        try:
            status = os.lstat(place)
        except FileNotFoundError:
            continue  # it will be made, mode 0700
        except OSError as error:
            return Trouble("trash", "unreachable", error.errno)
        if stat.S_ISLNK(status.st_mode) or not stat.S_ISDIR(status.st_mode):
            return Trouble("trash", "not-a-directory")
        if status.st_uid != os.geteuid():
            return Trouble("trash", "foreign-owner")
    return None


def _top(path: Path, device: int) -> Path:
    """The directory at which a path's device begins."""
    top = path.parent
    while top.parent != top and os.lstat(top.parent).st_dev == device:
        top = top.parent
    return top


def _mount(path: Path) -> tuple[int, int | None]:
    """The device and the mount of the nearest directory that exists; a bind mount has its own number."""
    while not path.is_dir():
        path = path.parent
    handle = handles.open_root(path.resolve())
    try:
        return (handles.fstat(handle).st_dev, handles.mount_id(handle))
    finally:
        handles.close(handle)


def _arrived(path: Path, identity: Identity, machine: Machine) -> bool:
    """Whether an entry of some trash we could have used is the inode that was sent."""
    for trash in (_home_trash(machine), _top(path, identity.dev) / f".Trash-{os.geteuid()}"):
        try:
            with os.scandir(trash / "files") as entries:
                if any(entry.inode() == identity.ino for entry in entries):
                    return True
        except OSError:
            continue
    return False
