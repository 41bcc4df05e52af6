"""What a directory holds and what can be taken from it as a whole, measured in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from cachemgr.domain.records import Records
from cachemgr.domain.terms import Reason, Record

Inode = tuple[int, int]
"""Device and inode number: what a file is, whatever it is called."""


class Kind(StrEnum):
    """What a directory entry is, without following it."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    """A symbolic link, a junction or any other reparse point: always a leaf."""
    OTHER = "other"
    """A FIFO, socket or device: never opened."""


class Identity(NamedTuple):
    """Five facts that together say "still the thing that was looked at"."""

    dev: int
    ino: int
    kind: Kind
    size: int
    mtime_ns: int

    @property
    def inode(self) -> Inode:
        return (self.dev, self.ino)


class Item(NamedTuple):
    """One directory entry with its own facts (lstat)."""

    name: str
    identity: Identity
    allocated: int
    """Bytes on disk of this inode alone."""
    nlink: int
    accessed: int
    """Seconds since the epoch."""
    uid: int

    @property
    def kind(self) -> Kind:
        return self.identity.kind


class Linked(NamedTuple):
    """An inode with several names, and how many of them were met."""

    allocated: int
    apparent: int
    nlink: int
    seen: int


class Content(NamedTuple):
    """What shows that a tree is still the one that was looked at, though only its top has an `Identity`."""

    entries: int
    """Directory entries met, the top included."""
    apparent: int
    """The sum of `st_size`, every inode once."""
    newest: int | None
    """Latest modification of a regular file, seconds since the epoch."""
    checksum: int | None = None
    """See `checksum`; None in what an older release wrote down."""

    def is_still(self, planned: "Content") -> bool:
        """Whether it is what was planned, as far as that was written down."""
        return (self if planned.checksum is not None else self._replace(checksum=None)) == planned


def checksum(inode: int, size: int, modified_ns: int) -> int:
    """What a name that is no directory adds to the checksum of its tree, which is the sum of these, modulo
    2**64: in whatever order they are met it is the same, and another file in the place of one changes it.

    A product, because it ties an inode to its time; what a size alone would hide, `Content.apparent` shows.
    """
    return inode * (size + modified_ns)


EMPTY_LINKED: Mapping[Inode, Linked] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tally:
    """The measure of a tree: every inode once, bytes allocated and apparent kept apart."""

    size: int = 0
    """Allocated bytes, directories included: what `du -s -B1` prints."""
    apparent: int = 0
    """The sum of `st_size` over the distinct inodes of regular files and symbolic links."""
    files: int = 0
    """Directory entries that are regular files, as `find -type f | wc -l` counts them."""
    directories: int = 0
    links: int = 0
    newest: int | None = None
    """Latest modification of a regular file, seconds since the epoch."""
    accessed: int | None = None
    """Latest access of a regular file; None where nothing was read. Advisory on `relatime` mounts."""
    linked: Mapping[Inode, Linked] = field(default_factory=lambda: EMPTY_LINKED)
    """The inodes that have more than one name; already in `size`, once each."""
    checksum: int = 0
    """See the function of that name."""

    @property
    def exclusive(self) -> int:
        """Allocated bytes that go when this tree goes, whatever other names exist elsewhere."""
        outside = sum(link.allocated for link in self.linked.values() if link.seen < link.nlink)
        return self.size - outside

    @property
    def content(self) -> Content:
        entries = self.files + self.directories + self.links
        return Content(entries, self.apparent, self.newest, self.checksum % 2**64)

    @classmethod
    def of(cls, parts: "tuple[Tally, ...]") -> "Tally":
        """The measure of several trees together; an inode met in two of them counts once."""
        if len(parts) == 1:
            return parts[0]
        linked: dict[Inode, Linked] = {}
        again: dict[Inode, int] = {}
        size = apparent = 0
        for part in parts:
            size += part.size
            apparent += part.apparent
            for inode, link in part.linked.items():
                if inode in linked:
                    size -= link[0]
                    apparent -= link[1]
                    again[inode] = again.get(inode, 0) + link[3]
                else:
                    linked[inode] = link
        for inode, seen in again.items():
            linked[inode] = linked[inode]._replace(seen=linked[inode].seen + seen)
        newest = [part.newest for part in parts if part.newest is not None]
        accessed = [part.accessed for part in parts if part.accessed is not None]
        return cls(
            size=size,
            apparent=apparent,
            files=sum(part.files for part in parts),
            directories=sum(part.directories for part in parts),
            links=sum(part.links for part in parts),
            newest=max(newest, default=None),
            accessed=max(accessed, default=None),
            linked=linked or EMPTY_LINKED,
            checksum=sum(part.checksum for part in parts),
        )


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something about a unit that keeps it from being removed."""

    reason: Reason
    detail: str
    """What was met, as a path below the root or a name; shown, never used as a path."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A file, a link or a whole tree: what an action takes in one piece."""

    names: tuple[str, ...]
    """Below the root, one name a component; undecodable bytes as surrogates (`os.fsdecode`)."""
    identity: Identity
    tally: Tally
    obstacles: tuple[Obstacle, ...] = ()
    lock: tuple[str, ...] = ()
    """The lock file (`….lock`), below the root, that the owning tool holds while it writes this unit, or a
    directory of them that all have to be free; empty for none. Respected, never removed."""
    digest: str = ""
    """Of a file's bytes, where they were read and something was decided by them: `digest()` of them. Compared
    again after the unit has left its place. Empty where they were not."""


DECIDING = 65536
"""Bytes; nothing is decided by a file that is longer."""


def digest(text: bytes) -> str:
    """What tells whether a small file says still the same."""
    from hashlib import blake2b  # a `status` without such files starts without it

    return blake2b(text, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Container:
    """A directory that groups units. It goes by `rmdir`, when nothing is left in it."""

    names: tuple[str, ...]
    identity: Identity
    allocated: int
    children: int
    """How many directory entries it held when it was read."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as a layout reads it, before the scan gives it an id."""

    name: str
    pointers: tuple[Unit, ...] = ()
    """What leads to the payload (refs, manifests, snapshots); removed first, so that an interruption
    leaves bytes nobody points to rather than a pointer to nothing."""
    payload: tuple[Unit, ...] = ()
    """The bytes kept alive. A unit that several entries name is shared between them."""
    group: str = ""
    """What entries are shown under (a repository and its revisions); empty for none."""
    notes: tuple[str, ...] = ()
    """Names that matter to a person: the refs of a revision, the models of an encoding."""
    detached: bool = False
    """Nothing names it any more (a revision without a ref)."""
    expires: float | None = None
    """When the cache's own record says it stops being valid, seconds since the epoch."""
    record: Record = Record.NONE
    """What kind of record that is. One with `expires` is DATED."""
    doubt: str = ""
    """Why it cannot be believed: `not-json` `conflict` `type` `range` `incomplete` `too-long` …"""
    obstacles: tuple[Obstacle, ...] = ()
    apparent: int | None = None
    """What the owning tool would call its size; None where that is the tally's."""
    idle: int = 0
    """Seconds without a write after which it counts as abandoned (a partial download)."""
    busy_until: float | None = None
    """Until when something beside it counts as being downloaded into it, seconds since the epoch; None
    where there is no such thing."""
    records: Records | None = None
    """Its rows, where it is a database."""
    version: str = ""
    """The whole of what its name has the beginning of (the commit of a revision); empty for nothing."""
