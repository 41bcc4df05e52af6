"""The levels of two trees that are open at a time: by whoever walks, and by whoever works in one."""

from contextlib import AbstractContextManager

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Inode
from cachemgr.execute.guard import Stop
from cachemgr.execute.level import Level


class OpenLevels:
    """Counts who needs a level. Without users it is left, if it has been walked, and closed."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._open: set[Level] = set()

    def hold(self, level: Level) -> Level:
        """A level was opened by the walk."""
        level.held = True
        with self._lock:
            level.users += 1
            self._open.add(level)
        return level

    def use(self, level: Level) -> None:
        """One more works in it."""
        with self._lock:
            level.users += 1

    def let_go(self, level: Level) -> None:
        """The walk needs it no more, or not for now."""
        level.held = False
        self.release(level)

    def release(self, level: Level) -> None:
        """Somebody needs it no more. A level that was not walked yet may be opened again."""
        with self._lock:
            level.users -= 1
            if level.users:
                return
            self._open.discard(level)
            if not level.walked:
                level.close()
                return
        try:
            if level.job.failure is None:
                level.job.leave(level)
        except (OSError, Stop) as error:
            level.job.fail(error, level)
        finally:
            level.close()

    def reopen(self, level: Level, inner: Level) -> None:
        """Hold a level again that was closed, opened from one in it. Raises Stop when it is another one."""
        with self._lock:
            if level.users:  # somebody still works in it
                level.users += 1
                level.held = True
                return
        source = _above(inner.source, level.inodes[0])
        try:
            level.target = _above(inner.target, level.inodes[1])
        except (OSError, Stop):
            handles.close(source)
            raise
        level.source = source
        self.hold(level)

    def close(self) -> None:
        """Whatever is open, once nobody works any more."""
        for level in self._open:
            level.close()
        self._open.clear()


def _above(handle: Handle, inode: Inode) -> Handle:
    """The directory an open one lies in, if it is that one. Raises Stop, OSError."""
    outer = handles.open_above(handle)
    status = handles.fstat(outer)
    if (status.st_dev, status.st_ino) != inode:
        handles.close(outer)
        raise Stop(Trouble("changed"))
    return outer
