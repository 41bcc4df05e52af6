"""What a unit adds up to while it is copied, to be compared with what was planned."""

import os

from cachemgr.domain.unit import Content, Inode, Kind, checksum


class Sum:
    """As `Measure` counts what a plan remembers."""

    def __init__(self) -> None:
        self.entries = 0
        self.met: dict[Inode, int] = {}
        """Inodes with several names: how many were met."""
        self._apparent = 0
        self._newest = 0
        self._checksum = 0

    def add(self, kind: Kind, status: os.stat_result) -> None:
        """Something that is no directory; every inode once."""
        self.entries += 1
        self._checksum += checksum(status.st_ino, status.st_size, status.st_mtime_ns)
        if kind is Kind.FILE:
            self._newest = max(self._newest, int(status.st_mtime))
        if status.st_nlink > 1:
            inode = (status.st_dev, status.st_ino)
            self.met[inode] = self.met.get(inode, 0) + 1
            if self.met[inode] > 1:
                return
        self._apparent += status.st_size

    @property
    def content(self) -> Content:
        return Content(self.entries, self._apparent, self._newest or None, self._checksum % 2**64)
