"""Permanent removal by several threads, inside one tree and across many.

Deleting waits for the file system's journal most of the time, and `unlink` lets other threads run meanwhile.
The calling thread does the work and reports on it. Others join it once there is enough to do, and whoever has
nothing left is given half of what somebody else still has before it.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from threading import Lock, Thread

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.unit import Kind
from cachemgr.execute import system
from cachemgr.execute.exchange import Exchange
from cachemgr.execute.remove import Level, Removal, Share, Task, enter, leave

THREADS = 3
"""On ext4 with two cores, two took 0.69 of the time of `rm -rf`, three 0.53 and four 0.47. Where deleting is
all processor, as on tmpfs, each of them only stands in the others' way (1.4, 1.5, 1.8)."""
_ALONE = 512
"""Removed entries before other threads are started: most units have gone by then."""
_DEEPEST = 32
"""Levels below a task that are held open. What lies deeper is moved up first, where it is shallow again."""
_BATCH = 64
"""Entries between two looks at what the others do."""
_PAUSE = 0.1
"""Seconds to wait for the others between two looks at how far they are."""
_WORTH = 32
"""Entries that are worth sharing, of the directory that somebody is busy in."""


def remove_all(tasks: Iterator[Task]) -> Generator[Task, None, None]:
    """Remove many things, several at a time. The next task is asked for when somebody is free to begin it.

    Yields a task when there is progress to report, and a last time when it is `finished`. Errors are
    collected in its `done`; what could not be removed stays. Closing the iterator stops all threads.
    """
    return _Crew(tasks).run()


def remove_tree(parent: Handle, name: str, done: Removal) -> Iterator[Removal]:
    """Remove one thing. Yields now and then while it works, and at the end."""
    with closing(_Crew(iter((Task(parent, name, done),))).run()) as news:
        for task in news:
            yield task.done


class _Crew:
    def __init__(self, tasks: Iterator[Task]) -> None:
        self._tasks = tasks
        self._begun: list[Task] = []
        """Tasks whose end was not reported yet. Only the calling thread looks at it."""
        self._helpers: list[Thread] = []
        self._exchange: Exchange[Share] = Exchange()
        """Holds no more than there are threads without work, so that all of them together keep no more than
        `THREADS * _DEEPEST` directories open."""
        self._lock = Lock()
        """For what follows, for what a task has `done`, and for a level's `parts`."""
        self._open: set[Level] = set()
        self._removed = 0
        self._failures: list[BaseException] = []
        self._inodes = tuple(Lock() for _ in range(16))
        """By inode number. Two names of one inode never go at the same time, so that of two threads one
        sees that its name is the last."""

    def run(self) -> Generator[Task, None, None]:
        try:
            while not self._exchange.stopped:
                share = self._exchange.get() or self._begin()
                if share is not None:
                    for _ in self._work(share):
                        self._call_for_help()
                        yield from self._news()
                elif self._begun:
                    self._exchange.wait(_PAUSE, lambda: any(task.finished for task in self._begun))
                else:
                    break
                yield from self._news()
        finally:
            self._exchange.stop()
            for helper in self._helpers:
                helper.join()
            for level in self._open:
                handles.close(level.handle)
        if self._failures:
            raise self._failures[0]

    def _begin(self) -> Share | None:
        """The next task."""
        if (task := next(self._tasks, None)) is None:
            return None
        self._begun.append(task)
        return Share(Level(task, "", task.parent, 0, None), [*task.surfaced, task.name])

    def _news(self) -> Iterator[Task]:
        for task in list(self._begun):
            if task.finished:
                self._begun.remove(task)
                yield task
            elif task.done.is_due():
                yield task

    def _call_for_help(self) -> None:
        """Start the other threads once it is worth it, and see to it that none is without work."""
        if self._removed >= _ALONE and not self._helpers:
            for _ in range(THREADS - 1):
                # A program that ends does not wait for a removal that it no longer follows.
                helper = Thread(target=self._help, name="remove", daemon=True)
                try:
                    helper.start()
                except RuntimeError:
                    self._removed = 0  # as many threads as the system allows: perhaps later
                    break
                self._helpers.append(helper)
        while self._exchange.wanted and (share := self._begin()) is not None:
            self._exchange.give(share)

    def _help(self) -> None:
        try:
            while (share := self._exchange.take()) is not None:
                for _ in self._work(share):
                    pass
        except BaseException as error:
            # In this thread it would be printed and forgotten; the calling one raises it.
            self._failures.append(error)
            self._exchange.stop()

    def _work(self, share: Share) -> Iterator[None]:
        """Remove what a share names and all below it, depth first. Yields every few entries."""
        way = [share]
        while way and not self._exchange.stopped:
            if self._exchange.wanted:
                self._share_out(way)
            share = way[-1]
            if not share.names:
                way.pop()
                self._leave(share.level)
            elif (inner := self._some(share)) is not None:
                way.append(inner)
            yield

    def _share_out(self, way: list[Share]) -> None:
        """Give away half of what lies furthest up, where most of the work is likely to be."""
        for share in way:
            if len(share.names) >= (_WORTH if share is way[-1] else 1):
                given = share.names[: (len(share.names) + 1) // 2]
                del share.names[: len(given)]
                with self._lock:
                    share.level.parts += 1
                self._exchange.give(Share(share.level, given))
                return

    def _some(self, share: Share) -> Share | None:
        """Remove a few of the names. At the first directory among them, that one's share comes next."""
        level, done = share.level, share.level.task.done
        inner: Share | None = None
        files = freed = 0
        for _ in range(min(_BATCH, len(share.names))):
            name = share.names.pop()
            try:
                status = handles.lstat(level.handle, name)
                if handles.kind(status) is Kind.DIRECTORY:
                    inner = self._enter(level, name, status)
                    break
                status = self._unlink(level.handle, name, status)
            except FileNotFoundError:
                continue
            except OSError as error:
                done.errors.append(error)
            else:
                files += 1
                freed += handles.allocated(status) if status.st_nlink <= 1 else 0
            if self._exchange.stopped:
                break
        self._count(done, files, freed)
        return inner

    def _unlink(self, folder: Handle, name: str, status: os.stat_result) -> os.stat_result:
        """Remove a name; the inode's facts from right before that. Raises OSError."""
        if status.st_nlink <= 1:
            system.unlink(folder, name)
            return status
        with self._inodes[status.st_ino % len(self._inodes)]:
            status = handles.lstat(folder, name)
            system.unlink(folder, name)
            return status

    def _enter(self, level: Level, name: str, status: os.stat_result) -> Share | None:
        """A directory and all its names; None where it was moved up instead. Raises OSError."""
        task = level.task
        if level.depth < _DEEPEST:
            handle, names = enter(level.handle, name, status, task.mount)
            inner = Level(task, name, handle, handles.allocated(status), level, level.depth + 1)
            with self._lock:
                level.parts += 1
                self._open.add(inner)
            return Share(inner, names)
        ground = level
        while ground.outer is not None:
            ground = ground.outer
        with self._lock:
            aside = task.move_up(level.handle, name)
            ground.parts += 1
        self._exchange.give(Share(ground, [aside]))
        return None

    def _leave(self, level: Level) -> None:
        """One part of a directory is done. Whoever does the last removes it, and so on upwards."""
        task = level.task
        while level.outer is not None:
            with self._lock:
                level.parts -= 1
                if level.parts:
                    return
                self._open.remove(level)
            handles.close(level.handle)
            if leave(level.outer.handle, level.name, task.done):
                self._count(task.done, 1, level.allocated)
            level = level.outer
        with self._lock:
            level.parts -= 1
            task.finished = level.parts == 0
        if task.finished:
            self._exchange.wake()

    def _count(self, done: Removal, files: int, freed: int) -> None:
        with self._lock:
            done.files += files
            done.freed += freed
            self._removed += files
