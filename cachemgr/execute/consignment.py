"""What is to be copied, and what became of it."""

import os
from dataclasses import dataclass
from enum import StrEnum

from cachemgr.disk.handles import Handle
from cachemgr.domain.leads import Move
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Content, Identity, Inode

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consignment:
    """A unit that is to be copied into a staging directory of ours: a file, a link or a whole tree."""

    number: int
    """The step it belongs to."""
    root: Handle
    """The root it lies in. The caller keeps it open until the unit has come to its end."""
    names: Names
    """The unit, below that root."""
    staging: Handle
    """Nobody else uses it; the caller keeps it open as well."""
    stage: str
    """What the copy is called there."""
    seen: Identity | None = None
    """What was planned: something else is not copied."""
    content: Content | None = None
    """The same, of what a tree holds."""
    moves: tuple[Move, ...] = ()
    accepted: frozenset[Names] = frozenset()
    """Links, as names below the root, that may lead to somewhere else and are copied as they are."""
    blob_names: bool = False
    """Whether a file in `blobs` that is called after its content is to have that content."""


class Stage(StrEnum):
    """What is being done."""

    COPYING = "copying"
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far one stage of one unit is."""

    number: int
    stage: Stage
    files: int
    """Directory entries that are no directories."""
    bytes: int
    """Of content."""


@dataclass(frozen=True, slots=True)
class Relinked:
    """A link that has another text in the copy."""

    names: Names
    """Below the root."""
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Something about an entry that the copy does not have."""

    names: Names
    """Below the root."""
    what: str
    """The name of an extended attribute, or `attributes` `holes` `hard-link` (the copy is a file of its own)
    `other-names` (it has names outside of the unit, which the copy has not)."""
    errno: int | None = None


@dataclass(frozen=True, slots=True)
class Settling:
    """What a copied directory gets when it is at its place: one without permission to write to it cannot be
    renamed."""

    mode: int
    accessed_ns: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is complete and durable, was read back and is equal to its original, which has not changed
    meanwhile."""

    number: int
    identity: Identity
    """The original, as it was copied."""
    content: Content
    """The same, of all it holds."""
    inode: Inode
    """The copy."""
    files: int
    bytes: int
    relinked: tuple[Relinked, ...] = ()
    lost: tuple[Lost, ...] = ()
    settling: Settling | None = None


@dataclass(frozen=True, slots=True)
class NotCopied:
    """A unit of which there is no copy."""

    number: int
    trouble: Trouble
    leaving: tuple[Names, ...] = ()
    """Links to somewhere else that were not accepted, all of them."""
    left: bool = False
    """Whether something of it remains in staging, because it could not be removed."""


CopyEvent = CopyProgress | Copied | NotCopied

Mark = tuple[int, int, int, int]
"""Inode, size, modification and change in nanoseconds: an original that still has it was not touched."""


def mark(status: os.stat_result) -> Mark:
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
