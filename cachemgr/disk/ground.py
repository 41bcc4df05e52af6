"""The ground that something is to be moved to: the nearest directory there is, what lies above it, and what
its file system can do. Nothing is made to find out."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path, PurePath

from cachemgr.disk import handles
from cachemgr.disk.git_ignored import work_tree_around
from cachemgr.disk.places import look
from cachemgr.disk.volumes import Mount, mount_of, mounts, volume
from cachemgr.domain.inventory import Problem
from cachemgr.domain.migration import Ground
from cachemgr.domain.unit import Inode

_LINKLESS = frozenset(("exfat", "msdos", "vfat"))
"""File systems without symbolic links, by their names in the mount table. macOS keeps links on them all the
same, as files that it knows again."""
_FOLDING = _LINKLESS | {"cifs", "ntfs", "ntfs3", "smb3"}


def survey(path: Path) -> Ground | Problem:
    """The ground at a path, whether it exists or not. Raises nothing."""
    anchor, below = Path(os.path.abspath(path)), list[str]()
    while True:
        found = look(anchor)
        if isinstance(found, Problem):
            return found
        if found is not None:
            break
        if os.path.lexists(anchor):
            return Problem("leads-nowhere", str(anchor))
        if anchor == anchor.parent:
            return Problem("unavailable", str(anchor))
        below.insert(0, anchor.name)
        anchor = anchor.parent
    if not below and not found.real.name:
        return Problem("system", str(found.real))
    table = mounts()
    try:
        handle = handles.open_root(found.real)
        try:
            status = handles.fstat(handle)
            mount = handles.mount_id(handle)
            writable = _writable(found.real)
        finally:
            handles.close(handle)
    except OSError as error:
        return Problem("unavailable", str(found.real), error.errno)
    room = volume(found.real, table)
    kind = room.type if room is not None else ""
    inodes, longest = _limits(found.real)
    return Ground(
        path=path,
        anchor=found.real,
        identity=handles.identity(status),
        below=tuple(below),
        above=frozenset(_above(found.real)),
        shut=_shut(found.real),
        shown=_shown(found.real.joinpath(*below), table),
        mount=mount,
        free=room.free if room is not None else 0,
        inodes=inodes,
        writable=writable and not (room is not None and room.read_only),
        links=sys.platform == "darwin" or kind not in _LINKLESS,
        folds=kind in _FOLDING or _folds(found.real),
        longest=longest,
        volume=room,
        taken_up_by=work_tree_around(found.real.joinpath(*below)),
    )


def _above(real: Path) -> list[Inode]:
    """A directory and every one above it, by what they are: a link or a bind mount has no other inode."""
    found: list[Inode] = []
    for place in (real, *real.parents):
        try:
            status = os.stat(place)
        except OSError:
            continue
        found.append((status.st_dev, status.st_ino))
    return found


def _shut(real: Path) -> int:
    shut = 0
    for place in real.parents:
        with suppress(OSError):
            shut |= 0o077 & ~os.stat(place).st_mode
    return shut


def _shown(path: Path, table: tuple[Mount, ...]) -> PurePath | None:
    """Where a path lies in its file system: two mounts may show the same directory under two names, and the
    inode of what is above it in one of them is above it in the other only if it is shown there."""
    mount = mount_of(str(path), table)
    if mount is None:
        return None
    rest = str(path)[len(mount.target.rstrip("/")) :].lstrip("/")
    return PurePath(f"/{mount.device}{mount.root.rstrip('/')}", rest)


def _writable(real: Path) -> bool:
    return os.access(real, os.W_OK | os.X_OK)


def _limits(real: Path) -> tuple[int | None, int]:
    """Files that may still be made, and the longest name in bytes."""
    if sys.platform == "win32":
        return None, 255
    try:
        status = os.statvfs(real)
    except OSError:
        return None, 255
    # btrfs and others make inodes as they are needed, and say 0 of 0.
    return (status.f_favail if status.f_files else None), status.f_namemax or 255


def _folds(real: Path) -> bool:
    """Whether a directory answers to its name in other letters: asked for without making anything."""
    other = real.name.swapcase()
    if other == real.name:
        return sys.platform in ("darwin", "win32")
    try:
        there, here = os.stat(real.parent / other), os.stat(real)
    except OSError:
        return False
    return stat.S_ISDIR(there.st_mode) and os.path.samestat(there, here)
