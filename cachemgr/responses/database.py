"""One SQLite database of our own: opened late, reopened after a fork, set aside when it is damaged."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from cachemgr.responses import files, forks
from cachemgr.responses.anchor import BELIEVED
from cachemgr.responses.errors import StoreError
from cachemgr.responses.network import is_remote
from cachemgr.responses.seats import FORK_PATIENCE
from cachemgr.responses.tables import forget_cheaply, teach, write_ahead

_T = TypeVar("_T")
_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR))
"""The last is what statements get that find other tables than ours."""
_UNWRITABLE = frozenset(
    (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_FULL)
)
_HURRIED = 0.05
"""Seconds that an application waits while somebody else writes to the index."""
_MEMORY = ":memory:"
_inherited: list[sqlite3.Connection] = []
"""Of the parent's, in a child that cannot have one of its own at that file then."""


class _Newer(sqlite3.Error):
    pass


class Database:
    """Its content can be made again: where nothing can be written it lives in memory."""

    def __init__(
        self,
        path: str | None,
        schema: Sequence[str],
        *,
        version: int,
        application: int,
        patience: float = 2.0,
    ) -> None:
        """In memory without a path."""
        self._wanted = self._path = path
        self._schema = schema
        self._version = version
        self._application = application
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        self._identity: tuple[int, int] | None = None
        self._believed_until = float("-inf")
        self.openings = 0
        """How often it was opened: after the next time it may hold less than before."""
        self._halted = False
        forks.register_halting(self)

    def retry(self) -> None:
        """Back to the disk, where that did not work before."""
        with self._lock:
            self._believed_until = float("-inf")
            if self._path != self._wanted:
                self.close()
                self._path = self._wanted

    def read(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        """Raises StoreError."""
        return self._run(action)

    def write(self, action: Callable[[sqlite3.Connection], object], *, hurried: bool = False) -> None:
        """In one transaction. Raises StoreError; soon, for those who are in a hurry, when it is locked."""

        def transaction(database: sqlite3.Connection) -> None:
            patience = _HURRIED if hurried else self._patience
            database.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
            database.execute("BEGIN IMMEDIATE")
            try:
                action(database)
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise

        self._run(transaction)

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def before_fork(self) -> None:
        """See `seats.py`. What is in memory stays the parent's."""
        self._halted = self._lock.acquire(timeout=FORK_PATIENCE)
        if self._halted and self._path is not None:
            self.close()

    def forked(self) -> None:
        if self._halted:
            self._lock.release()

    def after_fork(self) -> None:
        self._lock = threading.RLock()
        if self._connection is not None:
            _inherited.append(self._connection)
            self._connection = None
            if self._path is not None:
                self._wanted = self._path = None

    def _run(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._lock:
            self._let_go_of_another()
            for _ in range(3):
                try:
                    return action(self._connection or self._open())
                except sqlite3.Error as error:
                    self._recover(error)
            raise StoreError("the index cannot be made again")

    def _let_go_of_another(self) -> None:
        """Of an index that was removed or exchanged, with its directory or alone. Where the directory is away
        none is made."""
        if self._connection is None or self._path is None or time.monotonic() < self._believed_until:
            return
        self._believed_until = time.monotonic() + BELIEVED
        if files.identity(self._path) != self._identity and os.path.isdir(os.path.dirname(self._path)):
            self.close()

    def _recover(self, error: sqlite3.Error) -> None:
        """Raises StoreError where trying again is of no use."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if isinstance(error, _Newer):
            self._path = None
        elif self._path is not None and code in _DAMAGED:
            self._set_aside(self._path)
        elif self._path is not None and code in _UNWRITABLE:
            self.close()
            self._path = None
        else:
            raise StoreError(f"index: {error}") from error

    def _set_aside(self, path: str) -> None:
        self.close()
        try:
            files.move_to_free(path, files.free_name(path + ".bad"))
            files.remove(path + "-wal")
            files.remove(path + "-shm")
        except OSError:
            self._path = None

    def _open(self) -> sqlite3.Connection:
        if self._path is not None and is_remote(os.path.dirname(self._path)):
            # https://sqlite.org/wal.html: all processes must be on the same host.
            self._wanted = self._path = None
        if self._path is not None and not _made(self._path):
            self._path = None
        # Before: of one that is exchanged meanwhile it is the wrong one, which the next look finds.
        self._identity = None if self._path is None else files.identity(self._path)
        connection = sqlite3.connect(
            self._path or _MEMORY, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        try:
            teach(connection)
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self.openings += 1
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > self._version:
            raise _Newer("made by a newer version")
        connection.execute("PRAGMA synchronous = NORMAL")
        # The index of 200,000 entries, which is read whole to add them up; of SQLite's own 2 MB it stays out.
        connection.execute("PRAGMA cache_size = -8000")
        forget_cheaply(connection)
        if version == self._version:
            return
        write_ahead(connection, self._patience)
        connection.execute("BEGIN IMMEDIATE")
        # Of several that begin at once, one makes the tables; made again they would be empty again.
        if connection.execute("PRAGMA user_version").fetchone() != (self._version,):
            for statement in self._schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {self._application}")
            connection.execute(f"PRAGMA user_version = {self._version}")
        connection.execute("COMMIT")


def _made(path: str) -> bool:
    """Whether the file is there and can be written, for nobody else's eyes, and no link. SQLite takes an
    empty one for a new database."""
    # One that is there is not opened: whoever closes a file of his own takes away the locks that SQLite has
    # on it in this process (sqlite.org/howtocorrupt.html 2.2).
    try:
        if not os.path.lexists(path):
            files.begin(path)
        return os.path.isfile(path) and not files.is_link(path) and os.access(path, os.W_OK)
    except OSError:
        return False
