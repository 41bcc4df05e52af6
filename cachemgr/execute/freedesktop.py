"""The trash of the freedesktop.org specification: which directory it is for a place, whether it may be used,
and what lies in it. Reached through open directories, so that no link leads out of it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import ENOENT
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.places import data_home
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Identity
from cachemgr.execute import system
from cachemgr.execute.guard import Stop

Names = tuple[str, ...]
Mount = tuple[int, int | None]
"""A device, and the number of the mount where the system tells it: a bind mount has its own."""

FILES, INFO = "files", "info"
_SHARED = ".Trash"
"""At the top of a volume: what an administrator made for everybody, one directory for each user in it."""


@dataclass(frozen=True, slots=True)
class Trash:
    """One trash directory. It need not exist yet."""

    base: Path
    """A real directory that exists."""
    below: Names
    """The way from there; only its last name is the trash itself."""
    mount: Mount
    top: Path | None = None
    """What the paths in its records are relative to; None for the home trash, where they are absolute."""

    @property
    def path(self) -> Path:
        return self.base.joinpath(*self.below)

    def recorded(self, origin: Path) -> str:
        """A unit's place as the trash remembers it."""
        return str(origin if self.top is None else origin.relative_to(self.top))


@dataclass(frozen=True, slots=True)
class OpenTrash:
    """A trash held open: what happens in it happens there, whatever is put in its place meanwhile."""

    trash: Trash
    handle: Handle
    files: Handle
    info: Handle

    @property
    def path(self) -> str:
        """The way to this very directory for a library that wants a path."""
        pinned = f"/proc/self/fd/{self.handle}"
        return pinned if os.path.isdir(pinned) else str(self.trash.path)

    def find(self, label: str, identity: Identity) -> str | None:
        """What a unit that was sent as `label` is called in `files`; None where it is not there."""
        if _is(self.files, label, identity):
            return label
        # The library counts up where a name is taken, so that the one it chose begins like ours.
        stem = os.path.splitext(label)[0]
        for name in handles.names(self.files):
            if name.startswith(stem) and _is(self.files, name, identity):
                return name
        return None


def choose(root: Path, handle: Handle, machine: Machine) -> Trash:
    """The trash for what lies below a real directory; the handle is of it or of something below it. Raises
    Stop where none can be used, OSError.

    The home's trash on the home's own mount; on another device the one at the top of that. A rename between
    mounts fails, and nothing is ever copied into a trash.
    """
    mount = _mount(handle)
    # Somebody may keep his ~/.local elsewhere; what must be no link is the trash.
    data = Path(os.path.realpath(data_home(machine)))
    base = next(path for path in (data, *data.parents) if path.is_dir())
    if _mount_of(base) == mount:
        return Trash(base, (*data.relative_to(base).parts, "Trash"), mount)
    if os.stat(Path(machine.home)).st_dev == mount[0]:
        raise Stop(Trouble("trash", "other-mount"))
    top = root
    while top.parent != top and os.lstat(top.parent).st_dev == mount[0]:
        top = top.parent
    if _mount_of(top) != mount:
        raise Stop(Trouble("trash", "other-mount"))
    return Trash(top, _at_top(top), mount, top)


def check(trash: Trash) -> None:
    """Whether a trash may be used, without making anything. Raises Stop, OSError."""
    with suppress(FileNotFoundError), opened(trash, make=False):
        pass


@contextmanager
def opened(trash: Trash, *, make: bool = True) -> Iterator[OpenTrash]:
    """The trash, held open; with `make` what is missing of it is made, mode 0700.

    Raises Stop where it is not what a trash has to be, FileNotFoundError where it is missing and not to be
    made, OSError.
    """
    held = [handles.open_root(trash.base)]
    try:
        for name in trash.below:
            held.append(_enter(held[-1], name, trash, make=make, ours=name != _SHARED))
        handle = held[-1]
        held.append(files := _enter(handle, FILES, trash, make=make))
        held.append(info := _enter(handle, INFO, trash, make=make))
        yield OpenTrash(trash, handle, files, info)
    finally:
        for handle in held:
            handles.close(handle)


def _mount_of(path: Path) -> Mount:
    """Raises OSError; also where a part of the path is a link."""
    handle = handles.open_root(path)
    try:
        return _mount(handle)
    finally:
        handles.close(handle)


def _at_top(top: Path) -> Names:
    """An administrator's directory for everybody comes first, and has to be sticky and no link."""
    own = str(handles.owner())
    try:
        status = os.lstat(top / _SHARED)
    except FileNotFoundError:
        return (f"{_SHARED}-{own}",)
    if not stat.S_ISDIR(status.st_mode) or not status.st_mode & stat.S_ISVTX:
        raise Stop(Trouble("trash", "shared-trash"))
    return (_SHARED, own)


def _enter(parent: Handle, name: str, trash: Trash, *, make: bool, ours: bool = True) -> Handle:
    """A directory on the way into a trash, looked at before it is believed."""
    try:
        status = handles.lstat(parent, name)
    except FileNotFoundError:
        if not system.is_writable(parent):
            raise Stop(Trouble("trash", "not-writable")) from None
        if not make:
            raise
        with suppress(FileExistsError):
            system.mkdir(parent, name, 0o700)
        status = handles.lstat(parent, name)
    if not stat.S_ISDIR(status.st_mode):
        raise Stop(Trouble("trash", "not-a-directory"))
    handle = handles.open_child(parent, name)
    try:
        # The one that was opened is the one that counts, whatever the name stood for before.
        _check(handle, trash, ours=ours)
    except BaseException:
        handles.close(handle)
        raise
    return handle


def _check(handle: Handle, trash: Trash, *, ours: bool) -> None:
    status = handles.fstat(handle)
    if ours and status.st_uid != handles.owner():
        raise Stop(Trouble("trash", "foreign-owner"))
    if ours and status.st_mode & stat.S_IWOTH:
        raise Stop(Trouble("trash", "open-to-all"))
    if _mount(handle) != trash.mount:
        raise Stop(Trouble("trash", "other-mount"))


def _is(parent: Handle, name: str, identity: Identity) -> bool:
    try:
        status = handles.lstat(parent, name)
    except OSError as error:
        if error.errno == ENOENT:
            return False
        raise
    return (status.st_dev, status.st_ino) == identity.inode


def _mount(handle: Handle) -> Mount:
    return (handles.fstat(handle).st_dev, handles.mount_id(handle))
