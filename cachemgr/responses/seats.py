"""Who in a process asks an SQLite database at this moment. A fork waits for them, and closes what is open.

SQLite counts its locks for each process and file. A connection that a child inherits makes it believe in
locks that only its parent has: then either takes the log away from the other (sqlite.org/howtocorrupt.html
2.6). Closing it in the child is no way out, since the parent may be in the middle of something.
"""

import os
import sqlite3
import threading
import time
from weakref import WeakSet

FORK_PATIENCE = 6.0
"""Seconds that a fork waits for a statement: longer than a statement waits for somebody else's."""
_inherited: list[sqlite3.Connection] = []
"""Of the parent's, in a child: closing them there could end what the parent is at."""


class Seat(sqlite3.Cursor):
    """A thread's connection, with a cursor for statements that are read to their end at once: a new one costs
    half a microsecond. Ends with the last reference, in the process that opened it."""

    era: object = None
    frozen = False
    """On media that cannot be written."""
    process = 0
    """Which opened it; 0 when it has ended."""
    inode: tuple[int, int] | None = None
    believed_until = float("-inf")
    """For so long it is taken for the database that its path leads to."""

    def end(self) -> None:
        # A statement that failed is the cursor's until it is closed, and keeps the files open.
        self.process = 0
        self.close()
        self.connection.close()

    def __del__(self) -> None:
        if self.process == os.getpid():
            self.end()
        elif self.process:
            _inherited.append(self.connection)


class Turn:
    """A thread's: whoever asks its seat something holds `lock` until the answer is read."""

    __slots__ = ("__weakref__", "lock", "seat")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.seat: Seat | None = None


class Turns:
    """Of all threads that use one database."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._all: WeakSet[Turn] = WeakSet()
        self._registering = threading.RLock()
        self._halted: list[Turn] = []
        self.carried = False
        """Whether somebody was asking when the process forked, so that a child has the connection, too."""

    def mine(self) -> Turn:
        try:
            return self._local.turn  # type: ignore[no-any-return]
        except AttributeError:
            with self._registering:
                turn = self._local.turn = Turn()
                self._all.add(turn)
            return turn

    def halt(self) -> None:
        """Before a fork: nobody asks anything until `go_on`, and nothing is open."""
        self._registering.acquire()
        until, self.carried = time.monotonic() + FORK_PATIENCE, False
        for turn in tuple(self._all):
            if turn.lock.acquire(timeout=max(0.0, until - time.monotonic())):
                self._halted.append(turn)
                if turn.seat is not None:
                    turn.seat.end()
                    turn.seat = None
            else:
                self.carried = True

    def go_on(self) -> None:
        while self._halted:
            self._halted.pop().lock.release()
        self._registering.release()
