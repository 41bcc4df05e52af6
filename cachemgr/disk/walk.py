"""One pass over a tree: its measure, and what stands in the way of removing it.

Follows no link, enters no mount, survives what cannot be read, and keeps a bounded number of
directories open however deep the tree is.
"""

import os
from dataclasses import dataclass
from errno import EACCES, ENOENT
from itertools import chain

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.measure import DIRECTORY, FILE, MODE_TELLS, TYPE, Measure
from cachemgr.disk.scope import OTHER_CACHE, Scope
from cachemgr.domain.credentials import first_credential
from cachemgr.domain.inventory import Problem
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Inode, Kind, Obstacle, Tally

OPEN_DIRECTORIES = 64
"""How many ancestors stay open; macOS allows a process 256 files by default."""

_BATCH = 256
"""How many names are held back to be searched together."""
PLAIN = FILE if MODE_TELLS else -1
"""The kind, as a part of a mode, of what is counted without a closer look."""


@dataclass(slots=True, eq=False)
class _Folder:
    """A directory on the way down: what is still to be visited in it."""

    name: str
    above: "_Folder | None"
    inode: Inode
    handle: Handle | None
    pending: list[tuple[str, Inode]]

    @property
    def trail(self) -> tuple[str, ...]:
        """The names from the top of the walk to here. Asked for only where something has to be said."""
        names: list[str] = []
        folder = self
        while folder.above is not None:
            names.append(folder.name)
            folder = folder.above
        return tuple(reversed(names))


class Walk:
    """The measure of one tree, gathered directory by directory."""

    __slots__ = ("_files", "_listed", "_names", "_size", "measure", "obstacles", "scope", "top")

    def __init__(self, scope: Scope, top: tuple[str, ...]) -> None:
        self.scope = scope
        self.top = top
        self.measure = Measure(scope.shared)
        self.obstacles: dict[Reason, str] = {}
        self._listed: list[tuple[_Folder, list[str]]] = []
        """Names that were not searched for credentials yet, and how many they are."""
        self._names = 0
        self._files = self._size = 0
        """What the gauge was told."""

    def tree(self, handle: Handle, status: os.stat_result) -> None:
        """Measure an open directory and all below it. The caller keeps the handle."""
        self.measure.directory(status)
        top = _Folder("", None, (status.st_dev, status.st_ino), handle, [])
        if self.scope.closed(status):
            self.obstacles.setdefault(Reason.NOT_WRITABLE, "/".join(self.top))
        if not self._check_directory(top, None, status):
            return
        way = [top]
        try:
            self._read(top, handle)
            while way:
                folder = way[-1]
                if not folder.pending:
                    way.pop()
                    if folder.handle is not None and way:
                        handles.close(folder.handle)
                    continue
                name, inode = folder.pending.pop()
                try:
                    if folder.handle is None:
                        folder.handle = self._reopen(handle, folder)
                    child = handles.open_child(folder.handle, name)
                except OSError as error:
                    self._unreadable(folder, name, error)
                    continue
                # In its place before it is read: whoever stops the reading closes it.
                way.append(inner := _Folder(name, folder, inode, child, []))
                self._read(inner, child)
                if len(way) > OPEN_DIRECTORIES:
                    self._release(way[-OPEN_DIRECTORIES])
        finally:
            for folder in way[1:]:
                self._release(folder)
        self._search()

    def unopened(self, status: os.stat_result, error: OSError) -> None:
        """Count a directory that cannot be opened: its own blocks, and the gap it leaves."""
        self.measure.directory(status)
        self._unreadable(None, None, error)

    def leaf(self, status: os.stat_result) -> None:
        """Measure something that is no directory."""
        self._leaf(status)
        self.scope.gauge.add(self.measure.files, self.measure.size)

    def result(self) -> Tally:
        return self.measure.tally()

    def found_obstacles(self) -> tuple[Obstacle, ...]:
        return tuple(Obstacle(reason, detail) for reason, detail in self.obstacles.items())

    def _read(self, folder: _Folder, handle: Handle) -> None:
        """Count one directory's entries; what is to be visited next in reverse order of name."""
        try:
            names = handles.names(handle)
        except OSError as error:
            self._unreadable(folder, None, error)
            return
        self._names += len(names)
        self._listed.append((folder, names))
        self._count(folder, handle, names)
        if self._names >= _BATCH:
            self._search()
        if self.scope.mounts:
            self._mounted(folder, names)
        if len(folder.pending) > 1:
            folder.pending.sort(reverse=True)
        measure = self.measure
        self.scope.gauge.add(measure.files - self._files, measure.size - self._size)
        self._files, self._size = measure.files, measure.size

    def _count(self, folder: _Folder, handle: Handle, names: list[str]) -> None:
        # The hot path: facts are taken apart at once and dropped, so that the next ones take their place in
        # the processor's cache. Calls and global names are for the rare.
        files = len(names)
        blocks = apparent = checksum = 0
        measure, look, kind, plain = self.measure, handles.look, TYPE, PLAIN
        newest, accessed = measure.newest, measure.accessed
        owner = self.scope.owner
        for name in names:
            try:
                status = look(name, dir_fd=handle)
            except OSError as error:
                files -= 1
                self._unreadable(folder, name, error)
                continue
            mode, inode, _, nlink, uid, _, length, read, written, _ = status
            if uid != owner and owner is not None:
                self.obstacles.setdefault(Reason.FOREIGN_OWNER, self._text(folder, name))
            if mode & kind != plain:
                files -= 1
                self._other(folder, name, status)
                continue
            checksum += inode * (length + status.st_mtime_ns)  # as `unit.checksum` has it
            if written > newest:
                newest = written
            if read > accessed:
                accessed = read
            if nlink != 1 and measure.met(status):
                continue
            blocks += status.st_blocks
            apparent += length
        measure.files += files
        measure.size += blocks * 512
        measure.apparent += apparent
        measure.checksum += checksum
        # What was no plain file may have set these meanwhile.
        if newest > measure.newest:
            measure.newest = newest
        if accessed > measure.accessed:
            measure.accessed = accessed

    def _other(self, folder: _Folder, name: str, status: os.stat_result) -> None:
        """Count what is no plain file; a directory is to be visited."""
        if status[0] & TYPE == DIRECTORY and (MODE_TELLS or handles.kind(status) is Kind.DIRECTORY):
            self.measure.directories += 1
            self.measure.size += handles.allocated(status)
            scope = self.scope
            if scope.closed(status):
                self.obstacles.setdefault(Reason.NOT_WRITABLE, self._text(folder, name))
            plain = status[2] == scope.device and not scope.roots and not scope.mounts
            if plain or self._check_directory(folder, name, status):
                folder.pending.append((name, (status[2], status[1])))
        else:
            self._leaf(status)

    def _leaf(self, status: os.stat_result) -> None:
        if not MODE_TELLS and handles.is_online_only(status):
            self.obstacles.setdefault(Reason.REPORT_ONLY, "online-only")
        self.measure.leaf(status)

    def _search(self) -> None:
        """Search the names that were met for credentials; many at once, because most have none."""
        third_party = self.scope.third_party
        met = chain.from_iterable([names for _, names in self._listed])
        if first_credential(met, third_party=third_party) is not None:
            found = (
                (folder, first_credential(names, third_party=third_party)) for folder, names in self._listed
            )
            folder, secret = next((folder, secret) for folder, secret in found if secret is not None)
            self.obstacles.setdefault(Reason.PROTECTED, self._text(folder, secret))
        self._listed.clear()
        self._names = 0

    def _mounted(self, folder: _Folder, names: list[str]) -> None:
        """Note a file that something else is mounted on: only the mount table knows of it."""
        above = (*self.top, *folder.trail)
        mounted = (place[-1] for place in self.scope.mounts if place[:-1] == above)
        if name := next((name for name in mounted if name in names), None):
            self.obstacles.setdefault(Reason.MOUNT_POINT, self._text(folder, name))

    def _check_directory(self, folder: _Folder, name: str | None, status: os.stat_result) -> bool:
        """Note what makes a directory untouchable; whether it is entered."""
        scope = self.scope
        if scope.roots and (cache := scope.roots.get((status[2], status[1]))) is not None:
            self.obstacles.setdefault(Reason.PROTECTED, OTHER_CACHE + cache)
        if status[2] == scope.device and not (scope.mounts and self._place(folder, name) in scope.mounts):
            return True
        self.obstacles.setdefault(Reason.MOUNT_POINT, self._text(folder, name))
        scope.problems.append(Problem("mount-point", self._text(folder, name)))
        return False

    def _unreadable(self, folder: _Folder | None, name: str | None, error: OSError) -> None:
        # What vanished between the listing and the look is no trouble: somebody else removed it.
        if error.errno != ENOENT:
            self.scope.problems.append(Problem("unreadable", self._text(folder, name), error.errno or EACCES))

    def _place(self, folder: _Folder | None, name: str | None) -> tuple[str, ...]:
        trail = folder.trail if folder is not None else ()
        return (*self.top, *trail) if name is None else (*self.top, *trail, name)

    def _text(self, folder: _Folder | None, name: str | None) -> str:
        return "/".join(self._place(folder, name))

    @staticmethod
    def _reopen(top: Handle, folder: _Folder) -> Handle:
        """An ancestor's handle again, after it was closed to save descriptors."""
        handle = handles.open_below(top, folder.trail)
        status = handles.fstat(handle)
        if (status.st_dev, status.st_ino) != folder.inode:
            handles.close(handle)
            raise OSError(ENOENT, os.strerror(ENOENT))
        return handle

    @staticmethod
    def _release(folder: _Folder) -> None:
        if folder.handle is not None:
            handles.close(folder.handle)
            folder.handle = None
