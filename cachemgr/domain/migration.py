"""What there is to know before caches are moved: what moves in one piece, and where it is to go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath
from types import MappingProxyType

from cachemgr.domain.inventory import CacheId, EntryId, Volume
from cachemgr.domain.unit import Identity, Inode, Unit

Names = tuple[str, ...]


class There(StrEnum):
    """What is at the place that something would get."""

    NOTHING = "nothing"
    ALIKE = "alike"
    """The same names, kinds and sizes; whether the content is the same is seen when it is compared."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Load:
    """What moves in one piece: a unit, or a whole directory that several entries share."""

    unit: Unit
    entries: tuple[EntryId, ...]
    """Those that it belongs to; empty for what only accompanies them."""
    title: str = ""
    """What it is called in a plan: an entry, or a group of them."""
    there: There = There.NOTHING
    leads: tuple[Names, ...] = ()
    """Where in the cache, outside of it, its links lead to."""
    leaving: tuple[Names, ...] = ()
    """Links in it, below the root, that lead out of the cache."""
    rewritten: bool = False
    """It holds links that name their own cache by its absolute path."""
    fixed: bool = False
    """The system lets nobody take it from its place (an immutable file)."""
    beside: bool = False
    """It only accompanies others (locks, tags), and moves when all of them do."""
    along: tuple[str, ...] = ()
    """The paths of what nobody recognised in it, and what goes with it all the same."""

    @property
    def names(self) -> Names:
        return self.unit.names


@dataclass(frozen=True, slots=True)
class Ground:
    """A directory that is a destination, or is to be one, and the file system it lies on."""

    path: Path
    """As it was named."""
    anchor: Path
    """The real path of the nearest directory that exists."""
    identity: Identity
    """Of that one."""
    below: Names = ()
    """What has to be made under it."""
    above: frozenset[Inode] = frozenset()
    """The nearest directory and every one above it."""
    shut: int = 0
    """Bits of a mode, for group and others, that a directory above lacks: whom it keeps out."""
    shown: PurePath | None = None
    """Where it lies in its own file system, whatever is mounted where; None where that is not known."""
    mount: int | None = None
    """The mount it lies on; a bind mount of the same file system is another one."""
    free: int = 0
    """Bytes that this user may still write."""
    inodes: int | None = None
    """Files that may still be made; None where the file system does not count them."""
    writable: bool = True
    links: bool = True
    """Symbolic links can be made there."""
    folds: bool = False
    """Names that differ in case alone are one name there."""
    longest: int = 255
    """Bytes of the longest name."""
    volume: Volume | None = None
    taken_up_by: Path | None = None
    """The git work tree that would take up what comes there."""

    @property
    def top(self) -> Path:
        return self.anchor.joinpath(*self.below)


@dataclass(frozen=True, slots=True)
class Route:
    """One cache and where it is to go, with everything that was looked at for it."""

    cache: CacheId
    source: Ground
    """A cache that was found has nothing below its ground."""
    to: Ground
    loads: tuple[Load, ...] = ()
    modes: Mapping[Names, int] = field(default_factory=lambda: _NO_MODES)
    """Of the directories, below the source, that loads lie in; no names: its own."""
    made: frozenset[Names] = frozenset()
    """Those of them that are there in the destination already."""


_NO_MODES: Mapping[Names, int] = MappingProxyType({})
