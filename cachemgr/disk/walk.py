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

_TYPE, _FILE, _LINK = 0o170000, 0o100000, 0o120000
_BATCH = 256
"""How many entries' facts are held at once, so that memory does not grow with a directory."""
_ONCE = {1}
_SLOW = sys.platform == "win32"
"""Where `st_blocks` and reparse points make a plain file less plain than its mode says."""


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
        top = self._folder(handle, ())
        way = [_Folder("", (status.st_dev, status.st_ino), handle, top)]
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
                # In its place before it is read: whoever stops the reading closes it.
                way.append(inner := _Folder(name, inode, child, []))
                inner.pending = self._folder(child, trail)
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
        self.scope.gauge.add(self.files, self.size)

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
        folders: list[tuple[str, Inode]] = []
        try:
            names = handles.names(handle)
        except OSError as error:
            self._unreadable(trail, error)
            return folders
        files, size = self.files, self.size
        for start in range(0, len(names), _BATCH):
            some = names[start : start + _BATCH]
            try:
                facts = handles.facts(handle, some)
            except OSError:
                some, facts = self._one_by_one(handle, some, trail)
            if facts:
                self._batch(some, facts, trail, folders)
        self._names(names, trail)
        self.scope.gauge.add(self.files - files, self.size - size)
        folders.sort(reverse=True)
        return folders

    def _batch(
        self,
        names: list[str],
        facts: list[os.stat_result],
        trail: tuple[str, ...],
        folders: list[tuple[str, Inode]],
    ) -> None:
        # The one hot path of the program: 300,000 entries pass here. So facts are looked at column by column,
        # which costs a third of a loop over them; only what is no plain file is taken up one by one.
        modes, _, _, nlinks, owners, _, lengths, accessed, modified, _ = zip(*facts, strict=True)
        owner = self.scope.owner
        if owner is not None and any(uid != owner for uid in set(owners)):
            foreign = next(name for name, uid in zip(names, owners, strict=True) if uid != owner)
            self.obstacles.setdefault(Reason.FOREIGN_OWNER, self._text((*trail, foreign)))
        if _SLOW or set(nlinks) != _ONCE or any(mode & _TYPE != _FILE for mode in set(modes)):
            rest: list[os.stat_result] = []
            for name, status in zip(names, facts, strict=True):
                if not _SLOW and status[3] == 1 and status[0] & _TYPE == _FILE:
                    rest.append(status)
                elif handles.kind(status) is Kind.DIRECTORY:
                    self.directories += 1
                    self.size += handles.allocated(status)
                    if self._check_directory((*trail, name), status):
                        folders.append((name, (status.st_dev, status.st_ino)))
                else:
                    self._count(status)
            if not rest:
                return
            facts = rest
            _, _, _, _, _, _, lengths, accessed, modified, _ = zip(*facts, strict=True)
        self.files += len(facts)
        self.size += sum([status.st_blocks for status in facts]) * 512
        self.apparent += sum(lengths)
        self.newest = max(self.newest, *modified)
        self.accessed = max(self.accessed, *accessed)

    def _one_by_one(
        self, handle: Handle, names: list[str], trail: tuple[str, ...]
    ) -> tuple[list[str], list[os.stat_result]]:
        """The facts of those entries that can be asked: one of them vanished, or is out of reach."""
        found: dict[str, os.stat_result] = {}
        for name in names:
            try:
                found[name] = handles.lstat(handle, name)
            except OSError as error:
                self._unreadable((*trail, name), error)
        return list(found), list(found.values())

    def _names(self, names: list[str], trail: tuple[str, ...]) -> None:
        """What the names alone tell: credentials, and files that something else is mounted on."""
        if not self.scope.third_party and (secret := first_credential(names)) is not None:
            self.obstacles.setdefault(Reason.PROTECTED, self._text((*trail, secret)))
        if self.scope.mounts:
            above = (*self.top, *trail)
            mounted = (place[-1] for place in self.scope.mounts if place[:-1] == above)
            if name := next((name for name in mounted if name in names), None):
                self.obstacles.setdefault(Reason.MOUNT_POINT, self._text((*trail, name)))

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
