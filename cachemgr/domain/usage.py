"""Who uses what, as far as one look at the running processes could tell. Advisory: what was not seen in use
may be in use all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from types import MappingProxyType
from typing import NamedTuple

from cachemgr.domain.unit import Identity, Inode, Kind

Names = tuple[str, ...]
Spot = tuple[PurePath, Names]
"""A root's real path, and names below it."""


class Unsure(StrEnum):
    """Why a look cannot rule out that something is in use."""

    TIMED_OUT = "timed-out"
    FAILED = "failed"
    NO_MAPS = "no-maps"
    """The system does not say what is mapped into memory."""
    UNSEEN = "unseen"
    """Some processes do not let us look."""


class Holder(NamedTuple):
    """A process that uses something."""

    pid: int | None
    """None where somebody does, and nothing says who."""
    name: str = ""
    """What it calls itself; not displayable as it stands."""
    lock: bool = False
    """It holds the owning tool's lock, which no flag overrides."""
    tried: bool = True
    """False for a lock that is out of reach, so that nobody knows."""

    @property
    def label(self) -> str:
        """`python3 (1)`, `lock of python3 (1)`, `lock` or `lock out of reach`; never one of `Unsure`."""
        who = "" if self.pid is None else f"{self.name or 'process'} ({self.pid})"
        if not self.tried:
            return OUT_OF_REACH
        return f"{LOCK} of {who}".removesuffix(" of ") if self.lock else who


LOCK = "lock"
"""How a label begins where a lock is held."""
OUT_OF_REACH = "lock out of reach"
"""The label where a lock cannot be tried, so that it has to count as held."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a look is about."""

    roots: tuple[PurePath, ...]
    """Real paths."""
    locks: tuple[Spot, ...] = ()
    """The lock files, or directories of them, to try."""
    processes: bool = True
    """False: the locks alone."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one look saw."""

    places: Mapping[Spot, Holder] = field(default_factory=lambda: _NO_PLACES)
    """What is used, and everything above it below the root."""
    inodes: Mapping[Inode, Holder] = field(default_factory=lambda: _NO_INODES)
    """Files that are used under another name."""
    locks: Mapping[Spot, Holder] = field(default_factory=lambda: _NO_PLACES)
    """Those of the locks that somebody holds."""
    others: int = 0
    """Processes of other users that could not be looked at."""
    own: int = 0
    """The same of ours: some programs hide from everybody."""
    gap: Unsure | None = None
    folds: bool = False
    """Names are compared without their case (Windows); those in `places` are folded already."""

    @property
    def unseen(self) -> int:
        return self.others + self.own

    @property
    def unsure(self) -> Unsure | None:
        """Why something that was not seen in use may be so all the same; None where everything was seen."""
        return self.gap or (Unsure.UNSEEN if self.unseen else None)

    def holder(
        self, root: PurePath, names: Names, identity: Identity | None = None, lock: Names = ()
    ) -> Holder | None:
        """Who uses a unit: anything in it, a file under another name, or its lock.

        Only a file is looked for under other names: a tree's files are often hard links into places where
        programs run from (uv), which do not miss the name that goes.
        """
        if lock and (found := self.locks.get((root, lock))) is not None:
            return found
        if self.folds:
            names = tuple(name.casefold() for name in names)
        if (found := self.places.get((root, names))) is not None:
            return found
        if identity is not None and identity.kind is Kind.FILE:
            return self.inodes.get(identity.inode)
        return None


_NO_PLACES: Mapping[Spot, Holder] = MappingProxyType({})
_NO_INODES: Mapping[Inode, Holder] = MappingProxyType({})
NOT_LOOKED = Usage()
"""Nothing is in use, as far as nobody asked."""
