"""Files that get several names in a copy, by the one that a directory beside it keeps of each meanwhile.

So a further name is made without the way to the first, however deep that lies.
"""

import os
from contextlib import suppress
from errno import EPERM
from threading import Lock

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.unit import Inode
from cachemgr.execute import files, system
from cachemgr.execute.consignment import Names

SUFFIX = ".names"
"""After the name of the copy in staging."""


class Aside:
    """One for each copy."""

    def __init__(self, staging: Handle, stage: str) -> None:
        self.links: dict[Inode, tuple[Names, int]] = {}
        """The first name of each file, and how many it has."""
        self.digests: dict[Inode, bytes] = {}
        """Of those that are complete."""
        self._staging = staging
        self._name = stage + SUFFIX
        self._numbers: dict[Inode, str] = {}
        self._alone: dict[Inode, int] = {}
        self._handle: Handle | None = None
        self._lock = Lock()

    def tie(self, inode: Inode, target: Handle, stage: str, names: Names, count: int) -> bool | None:
        """Give a file that was copied one more name; False where none of it was met before, None while it is
        being copied. Raises OSError where it cannot have one more."""
        with self._lock:
            if inode not in self.links:
                self.links[inode] = (names, count)
                return False
            if (errno := self._alone.get(inode)) is not None:
                raise OSError(errno, os.strerror(errno))
            number, handle = self._numbers.get(inode), self._handle
        if number is None or handle is None:
            return None
        files.add_name(handle, number, target, stage)
        return True

    def leave_alone(self, inode: Inode, error: OSError) -> None:
        """A file cannot have several names."""
        with self._lock:
            self._alone[inode] = error.errno or EPERM

    def keep(self, inode: Inode, target: Handle, name: str, digest: bytes) -> None:
        """A file is complete. Raises OSError."""
        with self._lock:
            if self._handle is None:
                system.mkdir(self._staging, self._name, 0o700)
                self._handle = handles.open_child(self._staging, self._name)
            number = str(len(self._numbers))
            files.add_name(target, name, self._handle, number)
            self.digests[inode] = digest
            self._numbers[inode] = number

    def close(self) -> None:
        """Remove it; what cannot be is left for `discard`."""
        if self._handle is None:
            return
        with suppress(OSError):
            for number in self._numbers.values():
                system.unlink(self._handle, number)
            handles.let_go(self._handle)
            system.rmdir(self._staging, self._name)
        handles.close(self._handle)
        self._handle = None
        self._numbers.clear()
