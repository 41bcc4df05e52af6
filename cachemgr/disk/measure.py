"""What the facts of many directory entries add up to: every inode once."""

import os
import sys

from cachemgr.disk import handles
from cachemgr.domain.unit import EMPTY_LINKED, Inode, Linked, Tally, checksum

TYPE, DIRECTORY, FILE, LINK = 0o170000, 0o040000, 0o100000, 0o120000
"""The part of a mode that says what an entry is, and three of its values (inode(7))."""
MODE_TELLS = sys.platform != "win32"
"""Whether a mode tells a plain file: on Windows a reparse point may look like one, and has no blocks."""


class Measure:
    """The sums of a `Tally`, while they are being counted."""

    __slots__ = (
        "accessed",
        "apparent",
        "checksum",
        "directories",
        "files",
        "linked",
        "links",
        "newest",
        "shared",
        "size",
    )

    def __init__(self, shared: dict[Inode, tuple[Inode, Linked]]) -> None:
        self.shared = shared
        """What was met in any tree of the same root. A package store links a file into many of them, and one
        key and one value for all spare memory and comparisons."""
        self.size = self.apparent = self.files = self.directories = self.links = self.checksum = 0
        self.newest: float = 0
        self.accessed: float = 0
        self.linked: dict[Inode, Linked] = {}

    def directory(self, status: os.stat_result) -> None:
        """Count a directory: its own blocks."""
        self.directories += 1
        self.size += handles.allocated(status)

    def leaf(self, status: os.stat_result) -> None:
        """Count something that is no directory."""
        mode = status[0] & TYPE
        apparent = status[6] if mode in (FILE, LINK) else 0
        if mode == FILE:
            self.files += 1
            self.newest = max(self.newest, status[8])
            self.accessed = max(self.accessed, status[7])
        elif mode == LINK:
            self.links += 1
        self.checksum += checksum(status.st_ino, status.st_size, status.st_mtime_ns)
        if status[3] == 1 or not self.met(status):
            self.size += handles.allocated(status)
            self.apparent += apparent

    def met(self, status: os.stat_result) -> bool:
        """Note a name of an inode that has several; whether another one was met before, so that its bytes
        are counted."""
        inode = (status[2], status[1])
        if (known := self.linked.get(inode)) is not None:
            allocated, apparent, nlink, seen = known
            self.linked[inode] = Linked(allocated, apparent, nlink, seen + 1)
            return True
        if (pair := self.shared.get(inode)) is None:
            apparent = status[6] if status[0] & TYPE in (FILE, LINK) else 0
            pair = (inode, Linked(handles.allocated(status), apparent, status[3], 1))
            self.shared[inode] = pair
        key, link = pair
        self.linked[key] = link
        return False

    def tally(self) -> Tally:
        return Tally(
            self.size,
            self.apparent,
            self.files,
            self.directories,
            self.links,
            int(self.newest) or None,
            int(self.accessed) or None,
            self.linked or EMPTY_LINKED,
            self.checksum,
        )
