"""One pass over a tree: its measure, and what stands in the way of removing it.

Follows no link, enters no mount, survives what cannot be read, and keeps a bounded number of
directories open however deep the tree is.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import EACCES, ENOENT

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.credentials import first_credential
from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import CacheId, Problem
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import EMPTY_LINKED, Inode, Kind, Linked, Obstacle, Tally

OPEN_DIRECTORIES = 64
"""How many ancestors stay open; macOS allows a process 256 files by default."""

OTHER_CACHE = "cache "
"""How the detail of an obstacle begins that is another cache's root."""

_TYPE, _DIRECTORY, _FILE, _LINK = 0o170000, 0o040000, 0o100000, 0o120000
_SLOW = sys.platform == "win32"
"""Whether a directory entry has to be asked for its facts a second time."""


@dataclass(slots=True)
class Scope:
    """What a walk knows about the surroundings of the root it walks."""

    device: int
    owner: int | None = None
    """Files of other users are an obstacle; None where users have no numbers."""
    mounts: frozenset[tuple[str, ...]] = frozenset()
    """Mount points below the root, as names: a bind mount of the same device shows only there."""
    roots: Mapping[Inode, CacheId] = field(default_factory=dict)
    """The other caches' roots, which no unit may contain."""
    third_party: bool = False
    gauge: Gauge = field(default_factory=Gauge)
    problems: list[Problem] = field(default_factory=list)
    """What could not be read, one for each directory entry it cost."""


@dataclass(slots=True)
class _Folder:
    """A directory on the way down: what is still to be visited in it."""

    name: str
    inode: Inode
    handle: Handle | None
    pending: list[tuple[str, Inode]]


class Walk:
    """The measure of one tree, gathered directory by directory."""

    __slots__ = (
        "accessed",
        "apparent",
        "directories",
        "files",
        "linked",
        "links",
        "newest",
        "obstacles",
        "scope",
        "size",
        "top",
    )

    def __init__(self, scope: Scope, top: tuple[str, ...]) -> None:
        self.scope = scope
        self.top = top
        self.size = self.apparent = self.files = self.directories = self.links = 0
        self.newest: float = 0
        self.accessed: float = 0
        self.linked: dict[Inode, Linked] = {}
        self.obstacles: dict[Reason, str] = {}

    def tree(self, handle: Handle, status: os.stat_result) -> None:
        """Measure an open directory and all below it. The caller keeps the handle."""
        self.size += handles.allocated(status)
        self.directories += 1
        if not self._check_directory((), status):
            return
        way = [_Folder("", (status.st_dev, status.st_ino), handle, self._folder(handle, ()))]
        try:
            while way:
                folder = way[-1]
                if not folder.pending:
                    way.pop()
                    if folder.handle is not None and way:
                        handles.close(folder.handle)
                    continue
                name, inode = folder.pending.pop()
                trail = (*(step.name for step in way[1:]), name)
                try:
                    parent = folder.handle if folder.handle is not None else self._reopen(handle, way)
                    folder.handle = parent
                    child = handles.open_child(parent, name)
                except OSError as error:
                    self._unreadable(trail, error)
                    continue
                way.append(_Folder(name, inode, child, self._folder(child, trail)))
                if len(way) > OPEN_DIRECTORIES:
                    self._release(way[-OPEN_DIRECTORIES])
        finally:
            for folder in way[1:]:
                self._release(folder)

    def unopened(self, status: os.stat_result, error: OSError) -> None:
        """Count a directory that cannot be opened: its own blocks, and the gap it leaves."""
        self.size += handles.allocated(status)
        self.directories += 1
        self._unreadable((), error)

    def leaf(self, status: os.stat_result) -> None:
        """Measure something that is no directory."""
        self._count(status)

    def result(self) -> Tally:
        return Tally(
            self.size,
            self.apparent,
            self.files,
            self.directories,
            self.links,
            int(self.newest) or None,
            int(self.accessed) or None,
            self.linked or EMPTY_LINKED,
        )

    def found_obstacles(self) -> tuple[Obstacle, ...]:
        return tuple(Obstacle(reason, detail) for reason, detail in self.obstacles.items())

    def _folder(self, handle: Handle, trail: tuple[str, ...]) -> list[tuple[str, Inode]]:
        """Count one directory's entries; the sub-directories to visit next, in reverse order of name."""
        # The one hot loop of the program: 300,000 entries pass here one by one, so it spells out what
        # `_count` says, unpacks a stat result once, and looks at the names all together afterwards.
        blocks = apparent = files = 0
        newest, accessed, foreign = self.newest, self.accessed, ""
        owner = self.scope.owner
        folders: list[tuple[str, Inode]] = []
        names: list[str] = []
        entry_stat = handles.entry_stat
        try:
            entries = handles.scan(handle)
        except OSError as error:
            self._unreadable(trail, error)
            return folders
        with entries:
            for entry in entries:
                try:
                    status = entry_stat(entry) if _SLOW else entry.stat(follow_symlinks=False)
                except OSError as error:
                    self._unreadable((*trail, entry.name), error)
                    continue
                mode, _, _, nlink, uid, _, length, atime, mtime, _ = status
                if nlink == 1 and mode & _TYPE == _FILE and not _SLOW:
                    files += 1
                    blocks += status.st_blocks
                    apparent += length
                    if mtime > newest:
                        newest = mtime
                    if atime > accessed:
                        accessed = atime
                elif mode & _TYPE == _DIRECTORY and handles.kind(status) is Kind.DIRECTORY:
                    self.directories += 1
                    self.size += handles.allocated(status)
                    if self._check_directory((*trail, entry.name), status):
                        folders.append((entry.name, (status.st_dev, status.st_ino)))
                else:
                    self._count(status)
                if uid != owner and owner is not None:
                    foreign = entry.name
                names.append(entry.name)
        self.files += files
        self.size += blocks * 512
        self.apparent += apparent
        self.newest = max(self.newest, newest)
        self.accessed = max(self.accessed, accessed)
        if foreign:
            self.obstacles.setdefault(Reason.FOREIGN_OWNER, self._text((*trail, foreign)))
        if not self.scope.third_party and (secret := first_credential(names)) is not None:
            self.obstacles.setdefault(Reason.PROTECTED, self._text((*trail, secret)))
        self.scope.gauge.add(files, blocks * 512)
        folders.sort(reverse=True)
        return folders

    def _count(self, status: os.stat_result) -> None:
        mode = status[0] & _TYPE
        allocated = handles.allocated(status)
        apparent = status.st_size if mode in (_FILE, _LINK) else 0
        if mode == _FILE:
            self.files += 1
            self.newest = max(self.newest, status[8])
            self.accessed = max(self.accessed, status[7])
        elif mode == _LINK:
            self.links += 1
        if status.st_nlink > 1:
            inode = (status.st_dev, status.st_ino)
            if (known := self.linked.get(inode)) is not None:
                self.linked[inode] = known._replace(seen=known.seen + 1)
                return
            self.linked[inode] = Linked(allocated, apparent, status.st_nlink, 1)
        self.size += allocated
        self.apparent += apparent

    def _check_directory(self, trail: tuple[str, ...], status: os.stat_result) -> bool:
        """Note what makes a directory untouchable; whether it is entered."""
        inode = (status.st_dev, status.st_ino)
        if (cache := self.scope.roots.get(inode)) is not None:
            self.obstacles.setdefault(Reason.PROTECTED, OTHER_CACHE + cache)
        if status.st_dev != self.scope.device or (*self.top, *trail) in self.scope.mounts:
            self.obstacles.setdefault(Reason.MOUNT_POINT, self._text(trail))
            self.scope.problems.append(Problem("mount-point", self._text(trail)))
            return False
        return True

    def _unreadable(self, trail: tuple[str, ...], error: OSError) -> None:
        # What vanished between the listing and the look is no trouble: somebody else removed it.
        if error.errno != ENOENT:
            self.scope.problems.append(Problem("unreadable", self._text(trail), error.errno or EACCES))

    def _text(self, trail: tuple[str, ...]) -> str:
        return "/".join((*self.top, *trail))

    @staticmethod
    def _reopen(top: Handle, way: list[_Folder]) -> Handle:
        """An ancestor's handle again, after it was closed to save descriptors."""
        handle = handles.open_below(top, tuple(folder.name for folder in way[1:]))
        status = handles.fstat(handle)
        if (status.st_dev, status.st_ino) != way[-1].inode:
            handles.close(handle)
            raise OSError(ENOENT, os.strerror(ENOENT))
        return handle

    @staticmethod
    def _release(folder: _Folder) -> None:
        if folder.handle is not None:
            handles.close(folder.handle)
            folder.handle = None
