"""A root opened for reading: what layouts see of a disk. Each directory is read once."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from errno import ENOENT
from pathlib import Path
from types import TracebackType

from cachemgr.disk import database, handles, peek
from cachemgr.disk.handles import Handle
from cachemgr.disk.obstacles import obstacles_of
from cachemgr.disk.scope import Scope
from cachemgr.disk.walk import Walk
from cachemgr.domain.inventory import Problem
from cachemgr.domain.layout import Leaf
from cachemgr.domain.records import Records, Schema
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Container, Identity, Item, Kind, Tally, Unit

Names = tuple[str, ...]

OURS = ".cachemgr-quarantine-"
"""How the quarantine directories of our own runs begin; layouts never see them."""
STAGING = ".cachemgr-staging-"
"""And how those begin in which a run has copies that nobody is to find yet."""
TAKEN = ".taken"
"""After the number of a copy in one of those that was at its place already, where it may have been used:
until it was looked at, nobody knows whether it holds what is nowhere else."""


@dataclass(slots=True)
class _Listing:
    container: Container
    items: dict[str, Item]
    taken: set[str] = field(default_factory=set)
    """Names that became a unit or were listed as a container themselves."""


class DiskReader:
    """One root, read through descriptors. Use as a context manager.

    Raises OSError from the constructor when the root cannot be opened.
    """

    def __init__(self, root: Path, scope: Scope) -> None:
        self.scope = scope
        self.root: Handle = handles.open_root(root)
        self._name = root.name
        self.identity: Identity = handles.identity(handles.fstat(self.root))
        self.quarantined = 0
        self._listings: dict[Names, _Listing | None] = {}
        self._units: dict[Names, Unit | None] = {}
        self._records: dict[tuple[Names, tuple[Schema, ...]], Records | None] = {}
        self._ours: list[Unit] = []
        self._kept: set[Names] = set()
        self._closed: dict[Names, str] = {}
        """Directories out of which nothing can be taken, with what they are called."""

    def __enter__(self) -> "DiskReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        handles.close(self.root)

    @property
    def unread(self) -> int:
        return len(self.scope.problems)

    def list(self, *names: str) -> tuple[Item, ...]:
        """What a directory holds, by name. It becomes a container."""
        listing = self._listing(names)
        return () if listing is None else tuple(sorted(listing.items.values()))

    def unit(self, *names: str) -> Unit | None:
        """A file, a link or a whole tree, measured once; None where it is missing, swapped or was listed."""
        if names in self._listings:
            return None
        if names not in self._units:
            outer = self._listing(names[:-1])
            if outer is None or names[-1] not in outer.items:
                return None
            outer.taken.add(names[-1])
            self._units[names] = self._measure(names)
        return self._units[names]

    def keep(self, *names: str) -> None:
        """Something the layout knows and never gives away: counted, and not reported as unknown."""
        self._kept.add(names)

    def leaves(self, *names: str) -> tuple[Leaf, ...]:
        """Everything below a directory that is no directory itself, links with their text.

        A link's text is read (readlink(2)), which the kernel may note as an access of the link.
        """
        found: list[Leaf] = []
        pending: list[Names] = [()]
        while pending:
            trail = pending.pop()
            try:
                handle = handles.open_below(self.root, (*names, *trail))
            except OSError as error:
                self._unreadable((*names, *trail), error)
                continue
            try:
                if self._enters((*names, *trail), handles.fstat(handle)):
                    for leaf in self._leaves(handle, (*names, *trail)):
                        below = (*trail, *leaf.names)
                        if leaf.kind is Kind.DIRECTORY:
                            pending.append(below)
                        else:
                            found.append(leaf._replace(names=below))
            except OSError as error:
                self._unreadable((*names, *trail), error)
            finally:
                handles.close(handle)
        return tuple(found)

    def _leaves(self, handle: Handle, names: Names) -> Iterator[Leaf]:
        self.scope.gauge.add(0, 0)
        for name in handles.names(handle):
            try:
                status = handles.lstat(handle, name)
                kind = handles.kind(status)
                text = handles.read_link(handle, name) if kind is Kind.LINK else None
            except OSError as error:
                self._unreadable((*names, name), error)
            else:
                yield Leaf((name,), kind, status.st_size, text)

    def text(self, *names: str, limit: int = 65536) -> bytes | None:
        """A regular file's bytes; None where it is missing, longer or something else."""
        return peek.text(self.root, names, limit)

    def records(self, *names: str, schemas: tuple[Schema, ...]) -> Records | None:
        """What an SQLite database holds; None where there is none. Looked at once for each set of schemas."""
        if (names, schemas) not in self._records:
            self.scope.gauge.add(0, 0)
            self._records[names, schemas] = database.records(self.root, names, schemas, self.scope.now)
        return self._records[names, schemas]

    def link(self, *names: str) -> str | None:
        """A symbolic link's text; None where it is not one."""
        return peek.link(self.root, names)

    def rest(self) -> tuple[Unit, ...]:
        """What no layout took: unknown, measured so that the total is whole."""
        self.list()
        unknown: list[Unit] = []
        # What could not be listed is measured as what it is, for its own blocks.
        self._listings = {names: listing for names, listing in self._listings.items() if listing is not None}
        for names, listing in list(self._listings.items()):
            if listing is None:
                continue
            left = sorted(listing.items.keys() - listing.taken)
            units = (self.unit(*names, name) for name in left)
            unknown += [unit for unit in units if unit is not None and unit.names not in self._kept]
        return tuple(unknown)

    def containers(self) -> tuple[Container, ...]:
        return tuple(listing.container for listing in self._listings.values() if listing is not None)

    def total(self) -> Tally:
        """Everything that was read, every inode once. Call after `rest`."""
        units = [unit for unit in self._units.values() if unit is not None]
        self.quarantined = sum(unit.tally.size for unit in self._ours)
        containers = self.containers()
        boxes = Tally(
            size=sum(container.allocated for container in containers),
            directories=len(containers) - 1,
        )
        return Tally.of((boxes, *(unit.tally for unit in units), *(unit.tally for unit in self._ours)))

    def quarantines(self) -> tuple[Unit, ...]:
        """Our own quarantine directories in this root."""
        return tuple(unit for unit in self._ours if unit.names[0].startswith(OURS))

    def _listing(self, names: Names) -> _Listing | None:
        """A directory read once, and with it every directory on the way, so that each inode is counted
        in one place."""
        if names not in self._listings:
            outer = self._listing(names[:-1]) if names else None
            if names and (outer is None or names[-1] not in outer.items or names in self._units):
                return None
            self._listings[names] = listing = self._read(names)
            if outer is not None and listing is not None:
                outer.taken.add(names[-1])
        return self._listings[names]

    def _read(self, names: Names) -> _Listing | None:
        try:
            handle = handles.open_below(self.root, names)
        except OSError as error:
            if names and (item := self._known(names)) is not None and item.kind is Kind.DIRECTORY:
                self._unreadable(names, error)
            return None
        try:
            status = handles.fstat(handle)
            if not self._enters(names, status):
                return None
            if self.scope.closed(status):
                self._closed[names] = "/".join(names) or self._name
            self.scope.gauge.add(0, 0)
            items: dict[str, Item] = {}
            ours: list[str] = []
            children = 0
            for name in handles.names(handle):
                children += 1
                if not names and name.startswith((OURS, STAGING)):
                    ours.append(name)
                    continue
                try:
                    own = handles.lstat(handle, name)
                except OSError as error:
                    self._unreadable((*names, name), error)
                    continue
                items[name] = Item(
                    name,
                    handles.identity(own),
                    handles.allocated(own),
                    own.st_nlink,
                    int(own.st_atime),
                    own.st_uid,
                )
        except OSError as error:
            self._unreadable(names, error)
            return None
        finally:
            handles.close(handle)
        for name in ours:
            if (unit := self._measure((*names, name))) is not None:
                self._ours.append(unit)
        container = Container(names, handles.identity(status), handles.allocated(status), children)
        return _Listing(container, items)

    def _measure(self, names: Names) -> Unit | None:
        try:
            parent = handles.open_below(self.root, names[:-1]) if len(names) > 1 else self.root
        except OSError:
            return None
        try:
            status = handles.lstat(parent, names[-1])
            item, now = self._known(names), handles.identity(status)
            if item is not None and (item.kind, item.identity.inode) != (now.kind, now.inode):
                return None  # another thing took the place of what a layout chose
            walk = Walk(self.scope, names)
            if handles.kind(status) is Kind.DIRECTORY:
                self._measure_tree(walk, parent, names)
            else:
                walk.leaf(status)
                if names in self.scope.mounts:
                    walk.obstacles[Reason.MOUNT_POINT] = "/".join(names)
        except OSError as error:
            self._unreadable(names, error)
            return None
        finally:
            if parent != self.root:
                handles.close(parent)
        closed = next(filter(None, (self._closed.get(place) for place in ((), names[:-1]))), None)
        obstacles = obstacles_of(names, status, walk.found_obstacles(), self.scope, closed)
        return Unit(names, now, walk.result(), obstacles)

    def _measure_tree(self, walk: Walk, parent: Handle, names: Names) -> None:
        try:
            handle = handles.open_child(parent, names[-1])
        except OSError as error:
            walk.unopened(handles.lstat(parent, names[-1]), error)
            return
        try:
            walk.tree(handle, handles.fstat(handle))
        finally:
            handles.close(handle)

    def _known(self, names: Names) -> Item | None:
        outer = self._listings.get(names[:-1])
        return None if outer is None else outer.items.get(names[-1])

    def _enters(self, names: Names, status: os.stat_result) -> bool:
        """Whether an open directory is part of the root; another file system mounted there is not."""
        if not names or (status.st_dev == self.scope.device and names not in self.scope.mounts):
            return True
        self.scope.problems.append(Problem("mount-point", "/".join(names)))
        return False

    def _unreadable(self, names: Names, error: OSError) -> None:
        # What vanished between two looks is no gap: somebody else removed it.
        if error.errno == ENOENT:
            return
        self.scope.problems.append(Problem("unreadable", "/".join(names), error.errno))
