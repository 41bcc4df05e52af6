"""The system's trash: send2trash behind a look before and a look after. Never a fallback to deletion."""

import importlib
import os
import stat
import sys
from pathlib import Path

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
    if home != _process_trash():
        # send2trash takes the trash of the process's HOME, which is not the home we were told to use.
        return Trouble("trash", "other-home")
    if _device(home) != device:
        return _outside_home(path, device)
    return _directory_trouble(home)


def send(path: Path, identity: Identity, machine: Machine) -> Trouble | None:
    """Move to the trash, and see that it arrived; None when it did. Raises nothing for an item."""
    import send2trash

    if (trouble := refusal(path, machine)) is not None:
        return trouble
    try:
        send2trash.send2trash(str(path))
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
    # Its type stubs do not know the module that Linux uses.
    return Path(os.fsdecode(importlib.import_module("send2trash.plat_other").HOMETRASH_B))


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


def _outside_home(path: Path, device: int) -> Trouble | None:
    top = path.parent
    while top.parent != top and os.lstat(top.parent).st_dev == device:
        top = top.parent
    shared, own = top / ".Trash", top / f".Trash-{os.geteuid()}"
    if shared.is_symlink() or shared.exists():
        return Trouble("trash", "shared-trash")
    return _directory_trouble(own)


def _device(path: Path) -> int:
    while True:
        try:
            return os.stat(path).st_dev
        except FileNotFoundError:
            path = path.parent


def _arrived(path: Path, identity: Identity, machine: Machine) -> bool:
    """Whether an entry of some trash we could have used is the inode that was sent."""
    top = path.parent
    while top.parent != top and os.lstat(top.parent).st_dev == identity.dev:
        top = top.parent
    for trash in (_home_trash(machine), top / f".Trash-{os.geteuid()}"):
        try:
            with os.scandir(trash / "files") as entries:
                if any(entry.inode() == identity.ino for entry in entries):
                    return True
        except OSError:
            continue
    return False
