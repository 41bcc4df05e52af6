"""Files that get several names in a copy, by the one that a directory beside it keeps of each meanwhile.

So a further name is made without the way to the first, however deep that lies.
"""

import os
from contextlib import suppress
from errno import EPERM

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
        self.firsts: dict[Inode, tuple[Names, int]] = {}
        """The name under which each file was met first, and how many it has."""
        self.digests: dict[Inode, bytes] = {}
        """Of those that are complete."""
        self._staging = staging
        self._name = stage + SUFFIX
        self._alone: dict[Inode, int] = {}
        self._handle: Handle | None = None

    def open(self) -> None:
        """Make it, unless it is there. Raises FileExistsError, OSError."""
        if self._handle is None:
            system.mkdir(self._staging, self._name, 0o700)
            self._handle = handles.open_child(self._staging, self._name)

    def tie(self, inode: Inode, target: Handle, stage: str, names: Names, count: int) -> bool | None:
        """Give a file that was copied one more name; False where none of it was met before, None while it is
        being copied. Raises OSError where it cannot have one more."""
        mine = (names, count)
        if self.firsts.setdefault(inode, mine) is mine:
            return False
        if (errno := self._alone.get(inode)) is not None:
            raise OSError(errno, os.strerror(errno))
        if inode not in self.digests:
            return None
        assert self._handle is not None
        files.add_name(self._handle, str(inode[1]), target, stage)
        return True

    def keep(self, inode: Inode, target: Handle, stage: str, digest: bytes) -> None:
        """A file is complete. Raises OSError; then it stays alone."""
        assert self._handle is not None
        try:
            files.add_name(target, stage, self._handle, str(inode[1]))
        except OSError as error:
            self._alone[inode] = error.errno or EPERM
            raise
        self.digests[inode] = digest

    def close(self) -> None:
        """Remove it; what cannot be is left for `discard`."""
        if self._handle is None:
            return
        with suppress(OSError):
            for name in handles.names(self._handle):
                system.unlink(self._handle, name)
            handles.let_go(self._handle)
            system.rmdir(self._staging, self._name)
        handles.close(self._handle)
        self._handle = None
