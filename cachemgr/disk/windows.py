"""Directories held by path, for Windows: Python has no directory descriptors there.

Every reparse point (symbolic link, junction, mounted folder) is a leaf, and what a sync client keeps online
is never opened. Paths carry the `\\\\?\\` prefix, so that length, reserved names and trailing dots do not
matter. Below a pinned root every open directory is held: nothing takes its place while it is worked in.
"""

import ntpath
import os
import stat
from dataclasses import dataclass
from errno import EINVAL, ENOENT, ENOTDIR
from pathlib import Path

from cachemgr.disk import win32
from cachemgr.domain.unit import Identity, Kind

_CLUSTER = 4096
"""Allocation is rounded up to the usual NTFS cluster: st_blocks does not exist on Windows."""


@dataclass(slots=True, eq=False)
class Handle:
    """An open directory."""

    path: str
    """Extended-length."""
    pins: bool = False
    """What is opened below it is held."""
    held: int | None = None
    """The system's handle that keeps it where it is."""

    def to(self, name: str) -> str:
        """The path of an entry. Raises FileNotFoundError for a name that would lead anywhere else.

        A colon leads into a file's second stream of data, and both slashes to somewhere below.
        """
        if name in ("", ".", "..") or not set(name).isdisjoint("\\/:\0"):
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), name)
        # That of a drive has one at its end already, and two are not taken for one here.
        return f"{self.path.removesuffix(os.sep)}{os.sep}{name}"


def extended(path: str) -> str:
    """The path with the prefix that switches Windows' own path rewriting off."""
    if path.startswith(("\\\\?\\", "\\\\.\\")):
        return path
    drive = ntpath.splitdrive(path)[0]
    if drive.startswith("\\\\"):
        return "\\\\?\\UNC\\" + path[2:]
    return "\\\\?\\" + path if drive else path


def open_child(parent: Handle, name: str) -> Handle:
    """A sub-directory. Raises NotADirectoryError when it is a reparse point or no directory, OSError."""
    return _open(parent.to(name), pins=parent.pins)


def open_above(handle: Handle) -> Handle:
    """The directory that an open one lies in now, which the caller has to recognise. Raises OSError."""
    return _open(handle.path.rpartition(os.sep)[0], pins=handle.pins)


def open_file(parent: Handle, name: str) -> int:
    """A descriptor that reads. Raises OSError, also for a link and for what is stored online."""
    path = parent.to(name)
    if kind(win32.lstat(path)) is not Kind.FILE:
        raise OSError(EINVAL, os.strerror(EINVAL), name)
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0))


def open_root(path: Path) -> Handle:
    """Raises NotADirectoryError when it is a reparse point or no directory, OSError when missing."""
    return _open(extended(str(path)), pins=False)


def open_below(root: Handle, below: tuple[str, ...]) -> Handle:
    """The directory that the names lead to, opened one by one. Raises OSError."""
    handle = _open(root.path, pins=root.pins)
    for name in below:
        try:
            deeper = open_child(handle, name)
        finally:
            close(handle)
        handle = deeper
    return handle


def pin(handle: Handle) -> None:
    """Hold a directory, and from now on all that are opened below it. Raises OSError."""
    if handle.held is None:
        handle.held = win32.hold(handle.path)
    handle.pins = True


def let_go(handle: Handle) -> None:
    """Hold it no more: it is about to be removed. It stays open."""
    if handle.held is not None:
        win32.release(handle.held)
        handle.held = None


def close(handle: Handle) -> None:
    let_go(handle)


def names(handle: Handle) -> list[str]:
    """Every name in a directory. Raises OSError."""
    return os.listdir(handle.path)


def lstat(parent: Handle, name: str) -> os.stat_result:
    """An entry's own facts. Raises OSError."""
    return win32.lstat(parent.to(name))


def look(name: str, *, dir_fd: Handle) -> os.stat_result:
    """An entry's own facts, as the walk asks for them. Raises OSError."""
    return lstat(dir_fd, name)


def fstat(handle: Handle) -> os.stat_result:
    """A directory's facts. Raises OSError."""
    return win32.lstat(handle.path)


def read_link(parent: Handle, name: str) -> str:
    """A symbolic link's text. Raises OSError."""
    return os.readlink(parent.to(name))


def read_file(parent: Handle, name: str, limit: int) -> bytes | None:
    """A regular file's bytes; None when it is longer than `limit` or no regular file. Raises OSError."""
    path = parent.to(name)
    status = win32.lstat(path)
    if kind(status) is not Kind.FILE or status.st_size > limit:
        return None
    with open(path, "rb") as file:
        content = file.read(limit + 1)
    return content if len(content) <= limit else None


def kind(status: os.stat_result) -> Kind:
    attributes = attributes_of(status)
    if attributes & win32.REPARSE_POINT or stat.S_ISLNK(status.st_mode):
        return Kind.LINK
    if attributes & win32.ONLINE_ONLY:
        return Kind.OTHER
    if stat.S_ISDIR(status.st_mode):
        return Kind.DIRECTORY
    return Kind.FILE if stat.S_ISREG(status.st_mode) else Kind.OTHER


def is_online_only(status: os.stat_result) -> bool:
    """Whether it is a placeholder: to remove it here is to remove it from the cloud."""
    return bool(attributes_of(status) & win32.ONLINE_ONLY)


def attributes_of(status: os.stat_result) -> int:
    return int(getattr(status, "st_file_attributes", 0))


def allocated(status: os.stat_result) -> int:
    """Bytes on disk, an upper bound for sparse and compressed files."""
    if stat.S_ISDIR(status.st_mode) or is_online_only(status):
        return 0
    return -(-status.st_size // _CLUSTER) * _CLUSTER


def mount_id(_handle: Handle) -> int | None:
    """A mounted folder is a reparse point on Windows, and so a leaf."""
    return None


def owner() -> int | None:
    """Windows files have no numeric owner."""
    return None


def identity(status: os.stat_result) -> Identity:
    return Identity(status.st_dev, status.st_ino, kind(status), status.st_size, status.st_mtime_ns)


def hold_lock(parent: Handle, name: str) -> int | None:
    """A lock file of another tool, taken without waiting; None when somebody holds it. Raises OSError.

    The first byte, which is what filelock takes (LockFileEx) and what a lock on the whole file includes.
    """
    import msvcrt  # only actions need it

    path = parent.to(name)
    if kind(win32.lstat(path)) is not Kind.FILE:
        raise OSError(EINVAL, os.strerror(EINVAL), name)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    try:
        descriptor = os.open(path, flags)
    except PermissionError:
        return None  # opened by somebody who shares it with nobody
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except PermissionError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def release_lock(descriptor: int) -> None:
    os.close(descriptor)


def _open(path: str, *, pins: bool) -> Handle:
    # Held first: what is looked at then is what stays there.
    handle = Handle(path, pins, win32.hold(path) if pins else None)
    try:
        if kind(win32.lstat(path)) is not Kind.DIRECTORY:
            raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), path)
    except OSError:
        close(handle)
        raise
    return handle
