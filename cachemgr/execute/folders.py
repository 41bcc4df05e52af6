"""The directories a run works in, as they were before it: what an undo needs to leave no trace."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.run import Folder
from cachemgr.domain.run_event import FolderLeft, FolderNoted
from cachemgr.execute import system
from cachemgr.execute.guard import Guard, Stop

Names = tuple[str, ...]


class Folders:
    """Each directory's mode and times, noted before its content changes for the first time."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.noted: dict[tuple[CacheId, Names], Folder] = {}

    def note(self, cache: CacheId, names: Names) -> Iterator[FolderNoted]:
        """Note a directory, and report it if it is new. A missing one is not noted."""
        if (cache, names) in self.noted:
            return
        try:
            handle = handles.open_below(self.guard.root(cache).handle, names)
            try:
                status = handles.fstat(handle)
            finally:
                handles.close(handle)
        except (OSError, Stop, ValueError):
            return  # a name that cannot be one is refused when its step is tried
        folder = Folder(cache, names, status.st_mode & 0o7777, status.st_atime_ns, status.st_mtime_ns)
        self.noted[(cache, names)] = folder
        yield FolderNoted(folder)

    def left(self) -> Iterator[FolderLeft]:
        """What became of each: its modification time now, None where it is gone."""
        for cache, names in self.noted:
            left_ns: int | None = None
            try:
                handle = handles.open_below(self.guard.root(cache).handle, names)
                try:
                    left_ns = handles.fstat(handle).st_mtime_ns
                finally:
                    handles.close(handle)
            except FileNotFoundError:
                pass  # the run removed it
            except (OSError, Stop):
                continue
            yield FolderLeft(cache, names, left_ns)


class Touch:
    """A change of ours to what a directory holds. Taken back, it leaves no trace in the directory's times."""

    def __init__(self, folder: Handle) -> None:
        """Right before the change. Raises OSError."""
        status = handles.fstat(folder)
        self._accessed_ns, self._modified_ns = status.st_atime_ns, status.st_mtime_ns
        self._left_ns: int | None = None

    def made(self, folder: Handle) -> None:
        """Right after the change. Raises OSError."""
        self._left_ns = handles.fstat(folder).st_mtime_ns

    @contextmanager
    def taken_back(self, folder: Handle) -> Iterator[None]:
        """Around what takes it back. Somebody else who changed the directory since keeps the time of that."""
        alone = handles.fstat(folder).st_mtime_ns == self._left_ns
        yield
        if alone:
            with suppress(OSError):  # one may be allowed to write in a directory that one does not own
                system.set_own_times(folder, self._accessed_ns, self._modified_ns)
