"""The surroundings of a root: what a walk through it has to know and to keep out of."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import CacheId, Problem
from cachemgr.domain.unit import Inode, Linked

_CHANGE = stat.S_IWUSR | stat.S_IXUSR
OTHER_CACHE = "cache "
"""How the detail of an obstacle begins that is another cache's root."""


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
    now: float | None = None
    """When the look began, seconds since the epoch; None where nothing is asked that depends on it."""
    gauge: Gauge = field(default_factory=Gauge)
    shared: dict[Inode, tuple[Inode, Linked]] = field(default_factory=dict)
    """The inodes with several names that were met, each with itself and what is known of it."""
    problems: list[Problem] = field(default_factory=list)
    """What could not be read, one for each directory entry it cost."""

    def closed(self, status: os.stat_result) -> bool:
        """Whether a directory of one's own lets nothing be taken out of it (mode without `wx` for its owner);
        root is let. Somebody else's directory is an obstacle anyway."""
        mode, owner = status.st_mode, self.owner
        return mode & _CHANGE != _CHANGE and status.st_uid == owner and bool(owner)
