"""Entries are whole directories of known names, with a store that some of them point into."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from cachemgr.catalogue.layouts.evidence import tagged_or_empty
from cachemgr.domain.layout import Reader
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Draft, Item, Kind, Obstacle, Unit


@dataclass(frozen=True, slots=True)
class Buckets:
    """Directories named by globs. Others stay, and so does a store that they may point into."""

    names: tuple[str, ...]
    """Buckets that stand alone."""
    telling: tuple[str, ...]
    """Those that show what the directory is."""
    pointing: tuple[str, ...] = ()
    """Buckets that hold pointers into the store, which goes with the last of them."""
    store: str = ""
    support: tuple[str, ...] = ("CACHEDIR.TAG",)
    """Files of the tool's own that are no entries."""
    lock: str = ""
    """The file that every running process of the tool locks."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        found = _directories(reader)
        for name in self.support:
            reader.keep(name)
        for unit in self._units(reader, (name for name in found if _fits(name, self.names))):
            yield Draft(unit.names[0], payload=(unit,))
        if self.store:
            yield from self._pointing(reader, found)

    def _pointing(self, reader: Reader, found: tuple[str, ...]) -> Iterator[Draft]:
        stores = self._units(reader, (name for name in found if _fits(name, (self.store,))))
        pointers = self._units(reader, (name for name in found if _fits(name, self.pointing)))
        obstacles = tuple(Obstacle(Reason.SHARED, name) for name in self._strangers(reader))
        for unit in pointers:
            held = obstacles if stores else ()
            yield Draft(unit.names[0], pointers=(unit,), payload=stores, obstacles=held)
        if not pointers:
            for unit in stores:
                yield Draft(unit.names[0], payload=(unit,), obstacles=obstacles)

    def evidence(self, reader: Reader) -> bool:
        return any(_fits(name, self.telling) for name in _directories(reader)) or tagged_or_empty(reader)

    def _units(self, reader: Reader, names: Iterator[str]) -> tuple[Unit, ...]:
        lock = (self.lock,) if self.lock else ()
        return tuple(replace(unit, lock=lock) for name in names if (unit := reader.unit(name)))

    def _strangers(self, reader: Reader) -> Iterator[str]:
        """Directories that nobody knows here, and links that may lead to buckets: what they point to cannot
        be told."""
        known = {Kind.DIRECTORY: (*self.names, *self.pointing, self.store), Kind.LINK: self.names}
        for item in reader.list():
            if item.kind in known and not _hidden(item) and not _fits(item.name, known[item.kind]):
                yield item.name


def _directories(reader: Reader) -> tuple[str, ...]:
    return tuple(item.name for item in reader.list() if item.kind is Kind.DIRECTORY and not _hidden(item))


def _hidden(item: Item) -> bool:
    return item.name.startswith(".")


def _fits(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
