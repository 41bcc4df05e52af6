"""What of a cache moves in one piece, looked at again right before a plan is made: its measure, where its
links lead, and what is at the place it would get."""

import re
from collections.abc import Iterable, Iterator, Set
from contextlib import closing
from dataclasses import dataclass, field, replace

from cachemgr.disk import handles
from cachemgr.disk.fixed import is_fixed
from cachemgr.disk.handles import Handle
from cachemgr.disk.scope import Scope
from cachemgr.disk.shape import there
from cachemgr.disk.volumes import mounts, mounts_below
from cachemgr.disk.walk import Walk
from cachemgr.domain.cache_type import Whole
from cachemgr.domain.inventory import Cache, Entry, EntryId, Inventory
from cachemgr.domain.leads import Lead, Move, end, lead
from cachemgr.domain.migration import Ground, Load, Route, There
from cachemgr.domain.unit import Kind, Unit

Names = tuple[str, ...]


def route(
    inventory: Inventory, cache: Cache, chosen: Set[EntryId], whole: Whole | None, source: Ground, to: Ground
) -> Route:
    """Everything that a plan to move those entries has to know. Raises OSError where the cache cannot be
    opened any more."""
    assert cache.real_path is not None
    root = handles.open_root(cache.real_path)
    try:
        target = _opened(to)
        try:
            return _Look(inventory, cache, whole, root, target, to).route(chosen, source)
        finally:
            if target is not None:
                handles.close(target)
    finally:
        handles.close(root)


def _opened(to: Ground) -> Handle | None:
    if to.below:
        return None
    try:
        return handles.open_root(to.anchor)
    except OSError:
        return None


@dataclass(slots=True)
class _Look:
    inventory: Inventory
    cache: Cache
    whole: Whole | None
    root: Handle
    target: Handle | None
    to: Ground
    scope: Scope = field(init=False)
    moves: tuple[Move, ...] = field(init=False)

    def __post_init__(self) -> None:
        assert self.cache.real_path is not None
        others = {
            other.identity.inode: other.id
            for other in self.inventory.caches
            if other.identity is not None and other.id != self.cache.id
        }
        self.scope = Scope(
            device=handles.fstat(self.root).st_dev,
            owner=handles.owner(),
            mounts=mounts_below(self.cache.real_path, mounts()),
            roots=others,
            third_party=self.cache.third_party,
        )
        olds = dict.fromkeys((str(self.cache.real_path), str(self.cache.path)))
        self.moves = tuple(Move(old, str(self.to.top)) for old in olds)

    def route(self, chosen: Set[EntryId], source: Ground) -> Route:
        entries = self.inventory.entries_by_cache[self.cache.id]
        loads = [self._looked_at(load) for load in self._loads(entries, chosen)]
        folders = {load.names[:depth] for load in loads for depth in range(len(load.names))}
        modes, made = dict[Names, int](), set[Names]()
        for names in sorted(folders, key=len):
            with closing(_Folder(self.root, names)) as folder:
                modes[names] = handles.fstat(folder.handle).st_mode & 0o7777
            if self.target is not None and _is_folder(self.target, names):
                made.add(names)
        return Route(self.cache.id, source, self.to, tuple(loads), modes, frozenset(made))

    def _loads(self, entries: Iterable[Entry], chosen: Set[EntryId]) -> Iterator[Load]:
        """Of everything that is chosen, and of what shares anything with it."""
        if self.whole is None:
            yield from self._units(entries, chosen)
        else:
            yield from self._wholes(self.whole, tuple(entries), chosen)
        beside = ("CACHEDIR.TAG",) if self.whole is None else self.whole.beside
        if chosen and all(entry.id in chosen for entry in entries):
            for name in beside:
                if (unit := self._unit((name,))) is not None:
                    # Whoever holds one of the locks is at work in the cache.
                    lock = (name,) if unit.identity.kind is Kind.DIRECTORY else ()
                    yield Load(replace(unit, lock=lock), (), name, beside=True)

    def _units(self, entries: Iterable[Entry], chosen: Set[EntryId], below: str = "") -> Iterator[Load]:
        holders: dict[Names, list[Entry]] = {}
        units: dict[Names, Unit] = {}
        for payload in (True, False):  # what is pointed to comes first
            for entry in entries:
                for unit in entry.payload if payload else entry.pointers:
                    if not below or unit.names[0] == below:
                        holders.setdefault(unit.names, []).append(entry)
                        units.setdefault(unit.names, unit)
        wanted = {names for names, held in holders.items() if any(entry.id in chosen for entry in held)}
        for names, unit in units.items():
            if names in wanted:
                held = dict.fromkeys(entry.id for entry in holders[names])
                yield Load(unit, tuple(held), holders[names][0].id)

    def _wholes(self, whole: Whole, entries: tuple[Entry, ...], chosen: Set[EntryId]) -> Iterator[Load]:
        fits = re.compile(whole.pattern, re.DOTALL).fullmatch
        groups: dict[str, list[Entry]] = {}
        for entry in entries:
            for name in dict.fromkeys(unit.names[0] for unit in entry.units):
                if fits(name):
                    groups.setdefault(name, []).append(entry)
        store = [unit for name in whole.shared if (unit := self._unit((name,))) is not None]
        for unit in store:
            # Nobody can tell from one entry who else leans on it: then all are looked at.
            yield Load(unit, (), unit.names[0])
        for name, held in sorted(groups.items()):
            if not store and not any(entry.id in chosen for entry in held):
                continue
            unit_or_none = self._unit((name,))
            if unit_or_none is None:
                continue
            lock = (whole.locks, name) if whole.locks else ()
            ids = tuple(entry.id for entry in held)
            title = f"{self.cache.id}:{held[0].group}" if held[0].group and len(held) > 1 else held[0].id
            load = Load(replace(unit_or_none, lock=lock), ids, title)
            if self.target is not None and there(self.root, self.target, load.names) is There.OTHER:
                # It is in both places, and each may have what the other has not.
                yield from self._units(held, chosen, name)
            else:
                yield load

    def _unit(self, names: Names) -> Unit | None:
        """What is there now, measured as the scan does."""
        try:
            with closing(_Folder(self.root, names[:-1])) as folder:
                status = handles.lstat(folder.handle, names[-1])
                walk = Walk(self.scope, names)
                if handles.kind(status) is Kind.DIRECTORY:
                    inner = handles.open_child(folder.handle, names[-1])
                    try:
                        walk.tree(inner, handles.fstat(inner))
                    finally:
                        handles.close(inner)
                else:
                    walk.leaf(status)
        except OSError:
            return None
        return Unit(names, handles.identity(status), walk.result(), walk.found_obstacles())

    def _looked_at(self, load: Load) -> Load:
        """With where its links lead, and what is at its place."""
        leads: set[Names] = set()
        leaving: list[Names] = []
        rewritten = False
        for place, text in self._links(load.unit):
            how, _ = lead(place, text, self.moves)
            rewritten = rewritten or how is Lead.REWRITTEN
            if (inside := end(place, text, self.moves)) is None:
                leaving.append(place)
            elif inside[: len(load.names)] != load.names:
                leads.add(inside)
        found = There.NOTHING if self.target is None else there(self.root, self.target, load.names)
        return replace(
            load,
            leads=tuple(sorted(leads)),
            leaving=tuple(leaving),
            rewritten=rewritten,
            fixed=self._is_fixed(load.unit),
            there=found,
        )

    def _is_fixed(self, unit: Unit) -> bool:
        """Whether it, or the directory it lies in, must not be changed."""
        try:
            with closing(_Folder(self.root, unit.names[:-1])) as folder:
                return is_fixed(folder.handle, None) or is_fixed(folder.handle, unit.names[-1])
        except OSError:
            return False

    def _links(self, unit: Unit) -> Iterator[tuple[Names, str]]:
        if unit.identity.kind is Kind.LINK:
            with closing(_Folder(self.root, unit.names[:-1])) as folder:
                yield unit.names, handles.read_link(folder.handle, unit.names[-1])
        if unit.identity.kind is not Kind.DIRECTORY:
            return
        pending = [unit.names]
        while pending:
            names = pending.pop()
            with closing(_Folder(self.root, names)) as folder:
                for name in handles.names(folder.handle):
                    kind = handles.kind(handles.lstat(folder.handle, name))
                    if kind is Kind.DIRECTORY and (*names, name) not in self.scope.mounts:
                        pending.append((*names, name))
                    elif kind is Kind.LINK:
                        yield (*names, name), handles.read_link(folder.handle, name)


class _Folder:
    """A directory below the root, open. Raises OSError."""

    def __init__(self, root: Handle, names: Names) -> None:
        self.handle = handles.open_below(root, names)

    def close(self) -> None:
        handles.close(self.handle)


def _is_folder(root: Handle, names: Names) -> bool:
    try:
        handles.close(handles.open_below(root, names))
    except OSError:
        return False
    return True
