"""A run's own directory inside a root: where units wait for their purge or their return."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext, suppress
from errno import EEXIST, ENOENT

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import OURS
from cachemgr.domain.unit import Inode
from cachemgr.execute import system
from cachemgr.execute.folders import Touch
from cachemgr.execute.remove import Removal, Task, belongs_to
from cachemgr.execute.remove_parallel import remove_all

MARK = ".cachemgr"
"""The file that says which run a quarantine belongs to."""


class Quarantine:
    """`<root>/.cachemgr-quarantine-<run>`, mode 0700, each unit in it named by its step's number."""

    def __init__(self, root: Handle, run: str, handle: Handle, touch: Touch | None = None) -> None:
        self.root = root
        self.run = run
        self.handle = handle
        self._touch = touch
        """What making it did to the root; None where an earlier run made it."""

    @classmethod
    def create(cls, root: Handle, run: str) -> "Quarantine":
        """Make it, or open the one this run made already. Raises OSError."""
        _refuse_path(run)
        touch = Touch(root)
        try:
            system.mkdir(root, OURS + run, 0o700)
        except FileExistsError:
            try:
                return cls.open(root, run)
            except FileNotFoundError:
                # It was only begun, and is gone now.
                system.mkdir(root, OURS + run, 0o700)
        touch.made(root)
        handle: Handle | None = None
        try:
            handle = handles.open_child(root, OURS + run)
            system.write_new(handle, MARK, _mark(run))
            system.sync(handle)
            system.sync(root)
        except OSError:
            # Nothing is in it yet, and without its mark nobody would ever remove it.
            if handle is not None:
                with suppress(OSError):
                    system.unlink(handle, MARK)
                handles.close(handle)
            with suppress(OSError), touch.taken_back(root):
                system.rmdir(root, OURS + run)
            raise
        return cls(root, run, handle, touch)

    @classmethod
    def open(cls, root: Handle, run: str) -> "Quarantine":
        """Open a run's quarantine.

        Raises FileNotFoundError when there is none, another OSError when what is there is not that run's.
        """
        _refuse_path(run)
        found = cls(root, run, handles.open_child(root, OURS + run))
        if found._is_marked():
            return found
        try:
            if found._is_unfinished():
                found.drop_if_empty(Removal())
                raise FileNotFoundError(ENOENT, "it had just been begun")
        finally:
            found.close()
        raise FileExistsError(EEXIST, "a directory of that name is not this run's quarantine")

    def take(self, parent: Handle, name: str, number: int) -> None:
        """Move a unit in. Raises OSError; nothing is copied, and nothing overwritten."""
        system.move(parent, name, self.handle, str(number))

    def give_back(self, number: int, parent: Handle, name: str) -> None:
        """Move a unit to its place. Raises FileExistsError when something is there now, OSError."""
        system.move(self.handle, str(number), parent, name)

    def holds(self, number: int, inode: Inode) -> bool:
        """Whether a unit lies in it, and is the one that was planned. Raises FileExistsError when something
        else does, OSError."""
        try:
            status = handles.lstat(self.handle, str(number))
        except FileNotFoundError:
            return False
        if (status.st_dev, status.st_ino) != inode:
            raise FileExistsError(EEXIST, "something else lies in the quarantine", str(number))
        return True

    def task(self, number: int, step: int, *, begun: bool = False) -> Task:
        """The removal of one unit for good, for a step; with `begun` also of the parts of it that an earlier
        removal, which was interrupted, had brought up to keep its way short. Raises OSError."""
        names = handles.names(self.handle) if begun else ()
        surfaced = [name for name in names if name != str(number) and belongs_to(name) == str(number)]
        return Task(self.handle, str(number), Removal(), step, surfaced)

    def purge_all(self, held: Mapping[int, Inode], done: Removal) -> Iterator[Removal]:
        """Remove those units, and the quarantine itself if nothing else is in it. What else somebody put
        there stays, and is an error."""
        with closing(remove_all(self._tasks(held, done))) as news:
            for _ in news:
                yield done
        self.drop_if_empty(done)
        yield done

    def drop_if_empty(self, done: Removal) -> bool:
        """Remove the quarantine when no unit is left in it; whether it is gone. Raises OSError."""
        if any(name != MARK for name in handles.names(self.handle)):
            return False
        own = handles.fstat(self.handle)
        with suppress(FileNotFoundError):
            mark = handles.lstat(self.handle, MARK)
            system.unlink(self.handle, MARK)
            done.freed += handles.allocated(mark)
        handles.let_go(self.handle)
        with self._touch.taken_back(self.root) if self._touch else nullcontext():
            system.rmdir(self.root, OURS + self.run)
        done.freed += handles.allocated(own)
        return True

    def stands(self) -> bool:
        """Whether it is still in its root. Raises OSError."""
        try:
            handles.lstat(self.root, OURS + self.run)
        except FileNotFoundError:
            return False
        return True

    def close(self) -> None:
        handles.close(self.handle)

    def _tasks(self, held: Mapping[int, Inode], done: Removal) -> Iterator[Task]:
        for name in sorted(handles.names(self.handle)):
            if name == MARK:
                continue
            if self._is_held(name, held):
                yield Task(self.handle, name, done)
            else:
                done.errors.append(FileExistsError(EEXIST, "something else lies in the quarantine", name))

    def _is_held(self, name: str, held: Mapping[int, Inode]) -> bool:
        number = belongs_to(name)
        if not number.isascii() or not number.isdigit() or int(number) not in held:
            return False
        status = handles.lstat(self.handle, name)
        return number != name or (status.st_dev, status.st_ino) == held[int(number)]

    def _is_marked(self) -> bool:
        """Nobody else made it, so that nobody else decides what is purged or brought back."""
        user = handles.owner()
        own = user is None or handles.fstat(self.handle).st_uid == user
        return own and self._mark() == _mark(self.run)

    def _is_unfinished(self) -> bool:
        """Nothing is in it but the beginning of its mark: a kill came between two calls."""
        if any(name != MARK for name in handles.names(self.handle)):
            return False
        mark = self._mark()
        return mark is not None and _mark(self.run).startswith(mark)

    def _mark(self) -> bytes | None:
        """What the mark says; None where it is no plain file."""
        try:
            return handles.read_file(self.handle, MARK, 4096)
        except FileNotFoundError:
            return b""
        except OSError:
            return None


def _refuse_path(run: str) -> None:
    if "/" in run or "\0" in run or os.sep in run:
        raise FileExistsError(EEXIST, "a run's name is no path")


def _mark(run: str) -> bytes:
    return json.dumps({"run": run}).encode()
