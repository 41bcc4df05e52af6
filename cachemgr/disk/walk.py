"""One pass over a tree: its measure, and what stands in the way of removing it.

Follows no link, enters no mount, survives what cannot be read, and keeps a bounded number of
directories open however deep the tree is.
"""

import os
import sys
from dataclasses import dataclass
from errno import EACCES, ENOENT

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.scope import OTHER_CACHE, Scope
from cachemgr.domain.credentials import first_credential
from cachemgr.domain.inventory import Problem
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import EMPTY_LINKED, Inode, Kind, Linked, Obstacle, Tally

OPEN_DIRECTORIES = 64
"""How many ancestors stay open; macOS allows a process 256 files by default."""

_TYPE, _DIRECTORY, _FILE, _LINK = 0o170000, 0o040000, 0o100000, 0o120000
_SEEN = Linked._fields.index("seen")
_FEW = 32
"""Below so many entries, a loop costs less than columns."""
_BATCH = 256
"""How many entries' facts are held at once, so that memory does not grow with a directory."""
_PLAIN = frozenset(range(_FILE, _FILE + 0o10000))
"""Every mode of a regular file."""
_SLOW = sys.platform == "win32"
"""Where `st_blocks` and reparse points make a plain file less plain than its mode says."""


@dataclass(slots=True)
class _Folder:
    """A directory on the way down: what is still to be visited in it."""

    trail: tuple[str, ...]
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
        self.linked: dict[Inode, list[int]] = {}
        """The fields of a `Linked`, while they are being counted."""
        self.obstacles: dict[Reason, str] = {}

    def tree(self, handle: Handle, status: os.stat_result) -> None:
        """Measure an open directory and all below it. The caller keeps the handle."""
        self.size += handles.allocated(status)
        self.directories += 1
        if not self._check_directory((), status):
            return
        top = self._folder(handle, ())
        way = [_Folder((), (status.st_dev, status.st_ino), handle, top)]
        try:
            while way:
                folder = way[-1]
                if not folder.pending:
                    way.pop()
                    if folder.handle is not None and way:
                        handles.close(folder.handle)
                    continue
                name, inode = folder.pending.pop()
                trail = (*folder.trail, name)
                try:
                    parent = folder.handle if folder.handle is not None else self._reopen(handle, way)
                    folder.handle = parent
                    child = handles.open_child(parent, name)
                except OSError as error:
                    self._unreadable(trail, error)
                    continue
                # In its place before it is read: whoever stops the reading closes it.
                way.append(inner := _Folder(trail, inode, child, []))
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
            {inode: Linked(*fields) for inode, fields in self.linked.items()} or EMPTY_LINKED,
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
            if len(facts) < _FEW or _SLOW or not self._plain(facts):
                self._each(some, facts, trail, folders)
        if not self.scope.third_party and (secret := first_credential(names)) is not None:
            self.obstacles.setdefault(Reason.PROTECTED, self._text((*trail, secret)))
        if self.scope.mounts:
            self._mounted(names, trail)
        self.scope.gauge.add(self.files - files, self.size - size)
        folders.sort(reverse=True)
        return folders

    def _plain(self, facts: list[os.stat_result]) -> bool:
        """Count facts column by column, if all are of plain files of ours; else none of them.

        The hot path of a large directory: a third of what a loop over its entries costs.
        """
        modes, _, _, nlinks, owners, _, lengths, accessed, modified, _ = zip(*facts, strict=True)
        count, owner = len(facts), self.scope.owner
        if nlinks.count(1) != count or not _PLAIN.issuperset(modes):
            return False
        if owner is not None and owners.count(owner) != count:
            return False
        self.files += count
        self.size += sum([status.st_blocks for status in facts]) * 512
        self.apparent += sum(lengths)
        self.newest = max(self.newest, *modified)
        self.accessed = max(self.accessed, *accessed)
        return True

    def _each(
        self,
        names: list[str],
        facts: list[os.stat_result],
        trail: tuple[str, ...],
        folders: list[tuple[str, Inode]],
    ) -> None:
        # The other hot path: many small directories. One unpacking an entry, and calls only for the rare.
        files = directories = blocks = apparent = 0
        newest, accessed, linked, scope = self.newest, self.accessed, self.linked, self.scope
        owner, device, watched = scope.owner, scope.device, bool(scope.roots or scope.mounts)
        for name, status in zip(names, facts, strict=True):
            mode, ino, dev, nlink, uid, _, length, atime, mtime, _ = status
            if uid != owner and owner is not None:
                self.obstacles.setdefault(Reason.FOREIGN_OWNER, self._text((*trail, name)))
            if mode & _TYPE == _FILE and not _SLOW:
                files += 1
                if mtime > newest:
                    newest = mtime
                if atime > accessed:
                    accessed = atime
                if nlink == 1:
                    blocks += status.st_blocks
                    apparent += length
                elif (known := linked.get((dev, ino))) is not None:
                    known[_SEEN] += 1
                else:
                    linked[(dev, ino)] = [status.st_blocks * 512, length, nlink, 1]
                    blocks += status.st_blocks
                    apparent += length
            elif mode & _TYPE == _DIRECTORY and (not _SLOW or handles.kind(status) is Kind.DIRECTORY):
                directories += 1
                blocks += 0 if _SLOW else status.st_blocks
                if (dev == device and not watched) or self._check_directory((*trail, name), status):
                    folders.append((name, (dev, ino)))
            else:
                self._count(status)
        self.files += files
        self.directories += directories
        self.size += blocks * 512
        self.apparent += apparent
        self.newest, self.accessed = max(self.newest, newest), max(self.accessed, accessed)

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

    def _mounted(self, names: list[str], trail: tuple[str, ...]) -> None:
        """Note a file that something else is mounted on: only the mount table knows of it."""
        above = (*self.top, *trail)
        mounted = (place[-1] for place in self.scope.mounts if place[:-1] == above)
        if name := next((name for name in mounted if name in names), None):
            self.obstacles.setdefault(Reason.MOUNT_POINT, self._text((*trail, name)))

    def _count(self, status: os.stat_result) -> None:
        mode = status[0] & _TYPE
        if _SLOW and handles.is_online_only(status):
            self.obstacles.setdefault(Reason.REPORT_ONLY, "online-only")
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
                known[_SEEN] += 1
                return
            self.linked[inode] = [allocated, apparent, status.st_nlink, 1]
        self.size += allocated
        self.apparent += apparent

    def _check_directory(self, trail: tuple[str, ...], status: os.stat_result) -> bool:
        """Note what makes a directory untouchable; whether it is entered."""
        scope = self.scope
        if scope.roots and (cache := scope.roots.get((status.st_dev, status.st_ino))) is not None:
            self.obstacles.setdefault(Reason.PROTECTED, OTHER_CACHE + cache)
        mounted = bool(scope.mounts) and (*self.top, *trail) in scope.mounts
        if mounted or status.st_dev != scope.device:
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
        handle = handles.open_below(top, way[-1].trail)
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
