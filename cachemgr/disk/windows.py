"""Directories held by path, for Windows: Python has no directory descriptors there.

Every reparse point (symbolic link, junction, cloud placeholder) is a leaf, and paths carry the `\\\\?\\`
prefix so that length and trailing dots do not matter.
"""

import os
import stat
from errno import EINVAL
from pathlib import Path

from cachemgr.domain.unit import Identity, Kind

Handle = str
"""An extended-length path."""

_REPARSE = 0x400  # FILE_ATTRIBUTE_REPARSE_POINT, winnt.h
_CLUSTER = 4096
"""Allocation is rounded up to the usual NTFS cluster: st_blocks does not exist on Windows."""


def extended(path: str) -> str:
    """The path with the prefix that switches Windows' own path rewriting off."""
    if path.startswith("\\\\?\\"):
        return path
    if path.startswith("\\\\"):
        return "\\\\?\\UNC\\" + path[2:]
    return "\\\\?\\" + path


def open_child(parent: Handle, name: str) -> Handle:
    """A sub-directory's path. Raises NotADirectoryError when it is a reparse point or no directory."""
    path = f"{parent}\\{name}"
    if kind(os.lstat(path)) is not Kind.DIRECTORY:
        raise NotADirectoryError(20, os.strerror(20), name)
    return path


def open_root(path: Path) -> Handle:
    """Raises NotADirectoryError when it is a reparse point or no directory, OSError when missing."""
    handle = extended(str(path))
    if kind(os.lstat(handle)) is not Kind.DIRECTORY:
        raise NotADirectoryError(20, os.strerror(20), str(path))
    return handle


def open_below(root: Handle, below: tuple[str, ...]) -> Handle:
    """The directory that the names lead to, looked at one by one. Raises OSError."""
    handle = root
    for name in below:
        handle = open_child(handle, name)
    return handle


def close(handle: Handle) -> None:
    """Nothing is held open."""


def names(handle: Handle) -> list[str]:
    """Every name in a directory. Raises OSError."""
    return os.listdir(handle)


def lstat(parent: Handle, name: str) -> os.stat_result:
    """An entry's own facts. Raises OSError."""
    return os.lstat(f"{parent}\\{name}")


def look(name: str, *, dir_fd: Handle) -> os.stat_result:
    """An entry's own facts, as the walk asks for them. Raises OSError."""
    return lstat(dir_fd, name)


def fstat(handle: Handle) -> os.stat_result:
    """A directory's facts. Raises OSError."""
    return os.lstat(handle)


def read_link(parent: Handle, name: str) -> str:
    """A symbolic link's text. Raises OSError."""
    return os.readlink(f"{parent}\\{name}")


def read_file(parent: Handle, name: str, limit: int) -> bytes | None:
    """A regular file's bytes; None when it is longer than `limit` or no regular file. Raises OSError."""
    path = f"{parent}\\{name}"
    status = os.lstat(path)
    if kind(status) is not Kind.FILE or status.st_size > limit:
        return None
    with open(path, "rb") as file:
        content = file.read(limit + 1)
    return content if len(content) <= limit else None


def kind(status: os.stat_result) -> Kind:
    if getattr(status, "st_file_attributes", 0) & _REPARSE or stat.S_ISLNK(status.st_mode):
        return Kind.LINK
    if stat.S_ISDIR(status.st_mode):
        return Kind.DIRECTORY
    return Kind.FILE if stat.S_ISREG(status.st_mode) else Kind.OTHER


def allocated(status: os.stat_result) -> int:
    """Bytes on disk, an upper bound for sparse and compressed files."""
    if stat.S_ISDIR(status.st_mode):
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

    path = f"{parent}\\{name}"
    if kind(os.lstat(path)) is not Kind.FILE:
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
