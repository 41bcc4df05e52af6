"""What a disk holds, to the byte: taken before and after, and compared."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_NO_ATIME = getattr(os, "O_NOATIME", 0)


class Facts(NamedTuple):
    """One directory entry."""

    kind: int
    mode: int
    owner: tuple[int, int]
    modified: int
    """Nanoseconds."""
    inode: int
    links: int
    size: int
    content: str
    """Digest of the data and where its holes are, a link's text, a device's number."""
    changed: int
    """Nanoseconds; moves with any chmod, utime, link or write."""
    accessed: int
    """Nanoseconds."""

    @property
    def directory(self) -> bool:
        return self.kind == stat.S_IFDIR


@dataclass(frozen=True)
class Picture:
    """Every name below some directory. Taking it changes no access time, where the system allows that."""

    top: Path
    entries: dict[Path, Facts]

    @classmethod
    def of(cls, top: Path, *, but: tuple[Path, ...] = ()) -> "Picture":
        """`but` are trees that are left out."""
        out = frozenset(but)
        return cls(
            top,
            {
                path: _facts(handle, name, status)
                for path, handle, name, status in walk(top, lambda path: path in out)
            },
        )

    def below(self, path: Path) -> dict[Path, Facts]:
        return {name: facts for name, facts in self.entries.items() if name.is_relative_to(path)}

    def changes(self, later: "Picture", *fields: str) -> list[str]:
        """What is different, gone or new; of what is there both times only those fields."""
        found = [f"gone: {path}" for path in self.entries.keys() - later.entries.keys()]
        found += [f"new: {path}" for path in later.entries.keys() - self.entries.keys()]
        for path in self.entries.keys() & later.entries.keys():
            one, other = self.entries[path], later.entries[path]
            found += [
                f"{field}: {path!r}: {getattr(one, field)!r} -> {getattr(other, field)!r}"
                for field in fields or Facts._fields
                if getattr(one, field) != getattr(other, field)
            ]
        return sorted(found)


Visit = tuple[Path, int, str, os.stat_result]


def walk(top: Path, leave_out: object = None) -> Iterator[Visit]:
    """Each entry below `top` with the open directory it lies in; however deep, with one directory open.

    A directory that may not be listed is a leaf.
    """
    handle = os.open(top, _DIRECTORY)
    way: list[tuple[Path, list[str]]] = [(top, sorted(os.listdir(handle)))]
    try:
        while way:
            path, pending = way[-1]
            if not pending:
                way.pop()
                if way:
                    handle = _instead(handle, "..")
                continue
            name = pending.pop(0)
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if callable(leave_out) and leave_out(path / name):
                continue
            yield path / name, handle, name, status
            if stat.S_ISDIR(status.st_mode):
                try:
                    inner = _open(name, _DIRECTORY, handle)
                except PermissionError:
                    continue
                os.close(handle)
                handle = inner
                way.append((path / name, sorted(os.listdir(handle))))
    finally:
        os.close(handle)


def _instead(handle: int, name: str) -> int:
    outer = os.open(name, _DIRECTORY, dir_fd=handle)
    os.close(handle)
    return outer


def _open(name: str, flags: int, parent: int) -> int:
    try:
        return os.open(name, flags | _NO_ATIME, dir_fd=parent)
    except PermissionError:
        return os.open(name, flags, dir_fd=parent)


def _facts(parent: int, name: str, status: os.stat_result) -> Facts:
    kind = stat.S_IFMT(status.st_mode)
    return Facts(
        kind,
        0 if stat.S_ISLNK(status.st_mode) else stat.S_IMODE(status.st_mode),
        (status.st_uid, status.st_gid),
        status.st_mtime_ns,
        status.st_ino,
        status.st_nlink,
        0 if kind == stat.S_IFDIR else status.st_size,
        _content(parent, name, status, kind),
        status.st_ctime_ns,
        status.st_atime_ns,
    )


def _content(parent: int, name: str, status: os.stat_result, kind: int) -> str:
    if kind == stat.S_IFLNK:
        return os.readlink(name, dir_fd=parent)
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        return str(status.st_rdev)
    if kind != stat.S_IFREG:
        return ""
    try:
        descriptor = _open(name, os.O_RDONLY, parent)
    except PermissionError:
        return "closed"
    try:
        return _digest(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def _digest(descriptor: int, size: int) -> str:
    """Of the data between the holes, and their places."""
    if size < 1 << 16:
        return hashlib.sha256(os.read(descriptor, 1 << 16)).hexdigest()
    digest, place = hashlib.sha256(), 0
    while place < size:
        try:
            start = os.lseek(descriptor, place, os.SEEK_DATA)
        except OSError:
            break  # only a hole is left
        place = os.lseek(descriptor, start, os.SEEK_HOLE)
        digest.update(b"%d:%d:" % (start, place))
        for at in range(start, place, 1 << 20):
            digest.update(os.pread(descriptor, min(1 << 20, place - at), at))
    return digest.hexdigest()
