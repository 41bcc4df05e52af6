"""Numbered locks between processes, in one directory: a writer's for each shard, and some for single flight.

On Linux, locks of open file descriptions on single bytes of one file (fcntl(2), F_OFD_SETLK; 2.5 µs). Plain
`fcntl.lockf` is wrong here: its locks belong to processes, and between writers of several threads the kernel
saw deadlocks that were none (EDEADLK). Elsewhere, flock(2) on a file for each number, or Windows' byte locks.
"""

import errno
import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol

from cachemgr.responses import files, forks
from cachemgr.responses.format import LOCKS

if sys.platform != "win32":
    import fcntl

    _WRLCK, _UNLCK = fcntl.F_WRLCK, fcntl.F_UNLCK
else:
    _WRLCK = _UNLCK = 0
_BELIEVED = 0.25
"""Seconds for which a lock file that was there is taken to be there still."""
_FIRST_WAIT, _LONGEST_WAIT = 0.001, 0.05
_HELD = frozenset((errno.EAGAIN, errno.EACCES, errno.EDEADLK))


class Slots:
    """A thread waits for those of its own process first: locks of a process do not keep its threads apart."""

    def __init__(self, directory: str, *, read_only: bool = False) -> None:
        """With `read_only` nothing is made on the disk, and none waits for another process."""
        self._make = _NoLocks if read_only else _system_locks
        self._directory = directory
        self._locks = self._make(directory)
        self._threads: dict[int, threading.Lock] = {}
        forks.register(self)

    def after_fork(self) -> None:
        """The parent's descriptors are closed, which gives up none of its locks."""
        self._locks.close()
        self._locks = self._make(self._directory)
        self._threads = {}

    def acquire(self, slot: int) -> None:
        """Waits as long as it takes: nobody holds a shard for longer than a write."""
        mutex = self._threads.get(slot) or self._threads.setdefault(slot, threading.Lock())
        mutex.acquire()
        try:
            self._locks.take(slot, wait=True)
        except BaseException:
            mutex.release()
            raise

    def release(self, slot: int) -> None:
        try:
            self._locks.give(slot)
        finally:
            if (
                mutex := self._threads.get(slot)
            ) is not None:  # none in a child: it is the parent's to release
                mutex.release()

    def try_acquire(self, slot: int, timeout: float = 0.0) -> bool:
        deadline = time.monotonic() + timeout
        mutex = self._threads.get(slot) or self._threads.setdefault(slot, threading.Lock())
        if not mutex.acquire(timeout=max(0.0, timeout)):
            return False
        try:
            pause = _FIRST_WAIT
            while not self._locks.take(slot, wait=False):
                left = deadline - time.monotonic()
                if left <= 0:
                    mutex.release()
                    return False
                time.sleep(min(pause, left))
                pause = min(pause * 2, _LONGEST_WAIT)
        except BaseException:
            mutex.release()
            raise
        return True

    @contextmanager
    def held(self, slot: int) -> Iterator[None]:
        self.acquire(slot)
        try:
            yield
        finally:
            self.release(slot)

    @contextmanager
    def tried(self, slot: int, timeout: float = 0.0) -> Iterator[bool]:
        """Whether it was got in time."""
        got = self.try_acquire(slot, timeout)
        try:
            yield got
        finally:
            if got:
                self.release(slot)

    def doubt(self) -> None:
        """Look whether the locks are those of the directory that the path leads to, at the next use."""
        self._locks.doubt()

    def close(self) -> None:
        """Opens again on the next use."""
        self._locks.close()


class _SystemLocks(Protocol):
    def take(self, slot: int, /, *, wait: bool) -> bool: ...
    def give(self, slot: int, /) -> None: ...
    def doubt(self) -> None: ...
    def close(self) -> None: ...


class _NoLocks:
    """For whoever only reads: a lock is made of a file. A writer gets the time to finish."""

    def __init__(self, directory: str) -> None: ...

    def take(self, _slot: int, *, wait: bool) -> bool:
        if wait:
            time.sleep(_FIRST_WAIT)
        return True

    def give(self, _slot: int) -> None: ...
    def doubt(self) -> None: ...
    def close(self) -> None: ...


class _ByteLocks:
    """Linux: byte n of `.lock` is lock n, for all threads through one descriptor."""

    _SETLK, _SETLKW = 37, 38  # F_OFD_SETLK and F_OFD_SETLKW, in asm-generic/fcntl.h

    def __init__(self, directory: str) -> None:
        self._path = f"{directory}/{LOCKS}"
        self._opening = threading.Lock()
        self._fd: int | None = None
        self._believed_until = float("-inf")

    def take(self, slot: int, *, wait: bool) -> bool:
        request = _request(_WRLCK, slot)
        while True:
            descriptor = self._fd if self._fd is not None else self._open()
            try:
                fcntl.fcntl(descriptor, self._SETLKW if wait else self._SETLK, request)
            except OSError as error:
                if not wait and error.errno in _HELD:
                    return False
                raise
            now = time.monotonic()
            if now < self._believed_until:
                return True
            if self._is_the_one(descriptor):
                self._believed_until = now + _BELIEVED
                return True
            # Somebody removed the file, or exchanged the directory: those who come now lock another one.
            self._reopen(descriptor)

    def give(self, slot: int) -> None:
        if self._fd is not None:
            fcntl.fcntl(self._fd, self._SETLK, _request(_UNLCK, slot))

    def doubt(self) -> None:
        self._believed_until = float("-inf")

    def close(self) -> None:
        descriptor, self._fd = self._fd, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        """Of a cache that nobody closed."""
        self.close()

    def _is_the_one(self, descriptor: int) -> bool:
        status = os.fstat(descriptor)
        try:
            return os.path.samestat(os.stat(self._path, follow_symlinks=False), status)
        except OSError:
            # Where the whole directory went away none is made for a lock.
            return status.st_nlink > 0 and not os.path.isdir(os.path.dirname(self._path))

    def _open(self) -> int:
        with self._opening:
            if self._fd is None:
                self._fd = files.open_lock(self._path)
            return self._fd

    def _reopen(self, lost: int) -> None:
        """The lost file's descriptor stays open: other threads may hold bytes of it."""
        with self._opening:
            if self._fd == lost:
                self._fd = files.open_lock(self._path)


class _LockFiles:
    """Elsewhere: `.locks/<n>`, opened anew each time."""

    def __init__(self, directory: str) -> None:
        self._directory = f"{directory}/{LOCKS}s"
        self._held: dict[int, int] = {}

    def take(self, slot: int, *, wait: bool) -> bool:
        while True:
            descriptor = files.open_lock(f"{self._directory}/{slot}", directory=self._directory)
            try:
                if not _lock_whole(descriptor, wait=wait):
                    os.close(descriptor)
                    return False
            except BaseException:
                os.close(descriptor)
                raise
            if sys.platform == "win32" or os.fstat(descriptor).st_nlink:
                self._held[slot] = descriptor
                return True
            os.close(descriptor)

    def give(self, slot: int) -> None:
        descriptor = self._held.pop(slot, None)
        if descriptor is not None:
            os.close(descriptor)  # closing unlocks, on both systems

    def doubt(self) -> None:
        """They are opened by their path each time."""

    def close(self) -> None:
        """Nothing stays open between uses."""

    # A child that inherits a held descriptor of flock(2) holds the lock too, until it closes it.
    def __del__(self) -> None:
        for slot in tuple(self._held):
            self.give(slot)


@lru_cache(maxsize=1024)
def _request(kind: int, slot: int) -> bytes:
    """`struct flock` with offsets of 64 bits: type, whence, start, length, process."""
    return struct.pack("hhqqi", kind, os.SEEK_SET, slot, 1, 0)


def _lock_whole(descriptor: int, *, wait: bool) -> bool:
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return True
            except OSError:
                if not wait:
                    return False
                time.sleep(_FIRST_WAIT)
    else:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not wait and error.errno in _HELD | {errno.EWOULDBLOCK}:
                return False
            raise
        return True


def _system_locks(directory: str) -> _SystemLocks:
    return _ByteLocks(directory) if sys.platform == "linux" else _LockFiles(directory)
