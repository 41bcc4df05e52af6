"""Connections to one SQLite database that holds what cannot be made again: one for each thread.

Opened on the first use, anew after a fork, and on media that cannot be written `immutable`, which looks for
no log and takes no lock. Nothing is made by a look: a database that is not there is None.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from cachemgr.responses import files, forks
from cachemgr.responses.anchor import BELIEVED
from cachemgr.responses.errors import Corrupt, ReadOnly, StoreError
from cachemgr.responses.packed_sql import APPLICATION
from cachemgr.responses.seats import Seat, Turns
from cachemgr.responses.sqlite_faults import FAULTS, UNWRITABLE, primary_code, translated
from cachemgr.responses.tables import catch_up, forget_cheaply, make_tables, teach, write_ahead

_PATIENCE = 5.0
"""Seconds that a writer waits for another one."""
_EARLIER = "made by an earlier version of cachemgr; `cachemgr responses verify --repair` makes it anew"
_carried: set[str] = set()
"""Databases of which this process has a connection of its parent's: it cannot have one of its own."""


class Connections:
    def __init__(
        self,
        path: str,
        schema: Sequence[str],
        *,
        version: int,
        application: int,
        page: int = 4096,
        sync: bool = False,
        read_only: bool = False,
        prepare: Callable[[str], None] = files.make_directory,
    ) -> None:
        """`prepare` makes the directory, given its path."""
        self._path = path
        self._schema = schema
        self._version = version
        self._application = application
        self._page = page
        self._sync = "FULL" if sync else "NORMAL"
        self._read_only = read_only
        self._prepare = prepare
        self._begin()
        forks.register(self)
        forks.register_halting(self)

    def before_fork(self) -> None:
        self._turns.halt()

    def forked(self) -> None:
        self._turns.go_on()

    def after_fork(self) -> None:
        if self._turns.carried:
            _carried.add(self._path)
        self._begin()

    def _begin(self) -> None:
        self._turns = Turns()
        self._making = threading.Lock()
        self._era, self._earlier_until = object(), float("-inf")

    def close(self) -> None:
        """This thread's now; others' on their next use or with their threads."""
        self._era, self._earlier_until = object(), float("-inf")
        with self.turn():
            self._keep(None)

    def turn(self) -> threading.RLock:
        """This thread's; held from asking for a seat to the end of what is asked there, which a fork waits
        for."""
        return self._turns.mine().lock

    @contextmanager
    def reading(self) -> Iterator[Seat | None]:
        """`reader`, for as long as it is asked something. Raises StoreError."""
        with self.turn(), translated():
            yield self.reader()

    def reader(self) -> Seat | None:
        """None where there is no database."""
        found = self._turns.mine().seat
        if (
            found is not None
            and found.era is self._era
            and (time.monotonic() < found.believed_until or self.look())
        ):
            return found
        return self._keep(self._open())

    def writer(self) -> Seat:
        """Makes the database where there is none. Raises ReadOnly."""
        found = None if self._read_only else self.reader()
        if found is None and not self._read_only:
            with self._making:
                self._make()
            found = self._keep(self._open())
        if found is None or found.frozen:
            raise ReadOnly("opened for reading only" if self._read_only else "nothing can be written here")
        return found

    def writable(self) -> bool:
        """Whether there is a database that can be written. Raises StoreError."""
        if self._read_only:
            return False
        with self.reading() as found:
            return found is not None and not found.frozen

    def look(self, found: Seat | None = None) -> bool:
        """Let go of a database that somebody removed or replaced: what is written there is lost. Whether it
        is still the one."""
        found = found or self._turns.mine().seat
        if found is None:
            return True
        try:
            status = os.stat(self._path)
            # Not by `files.identity`: this comes after each write.
            if found.inode == (status.st_dev, status.st_ino):
                found.believed_until = time.monotonic() + BELIEVED
                return True
        except OSError:
            if found.inode is None:
                return True
        self.close()
        return False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises StoreError."""
        with self.turn(), translated():
            self.look()
            connection = self.writer().connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            if not self.look():
                raise StoreError("the database was exchanged for another meanwhile")

    def _keep(self, found: Seat | None) -> Seat | None:
        turn = self._turns.mine()
        old, turn.seat = turn.seat, found
        if old is not None:
            old.end()
        return found

    def _open(self) -> Seat | None:
        if self._path in _carried:
            raise StoreError(
                "this process was forked from one that was at work on it; open it in a new process"
            )
        if not os.path.exists(self._path):
            return None
        if time.monotonic() < self._earlier_until:
            raise Corrupt(_EARLIER)  # opening it for each question would take a millisecond
        for mode in self._modes():
            # A log that nobody can put in would be passed over in silence.
            if "immutable" in mode and _length(self._path + "-wal"):
                raise StoreError("its log cannot be read on media that cannot be written")
            try:
                found = self._connect(mode)
            except sqlite3.Error as error:
                if primary_code(error) not in UNWRITABLE or mode == self._modes()[-1]:
                    raise
                continue
            found.frozen = mode != "rw"
            return found
        raise AssertionError("the last mode returns or raises")

    def _modes(self) -> tuple[str, ...]:
        """The weaker ones only where nothing can be written: what else stops the first (no descriptor is
        free) is over soon, and a connection stays as it is."""
        folder = os.access(os.path.dirname(self._path), os.W_OK)
        weaker = () if folder else ("ro&immutable=1",)
        if self._read_only:
            return ("ro", *weaker)
        return ("rw",) if folder and os.access(self._path, os.W_OK) else ("rw", "ro", *weaker)

    def _connect(self, mode: str) -> Seat:
        # Before: of one that is exchanged meanwhile it is the wrong one then, which the next look finds.
        inode = files.identity(self._path)
        connection = sqlite3.connect(
            f"{Path(self._path).as_uri()}?mode={mode}",
            uri=True,
            timeout=_PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            teach(connection)
            self._set_up(connection, new=mode == "rw")
        except BaseException:
            connection.close()
            raise
        seat = connection.cursor(Seat)
        seat.process, seat.era, seat.inode = os.getpid(), self._era, inode
        return seat

    def _set_up(self, connection: sqlite3.Connection, *, new: bool) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > self._version:
            raise StoreError("made by a newer version of cachemgr")
        if version:
            self._refuse_foreign(connection)
        if version and version < self._version:
            self._earlier_until = time.monotonic() + BELIEVED
            raise Corrupt(_EARLIER)
        if new and not version:
            make_tables(
                connection, self._schema, self._page, self._application, self._version, self._refuse_foreign
            )
            write_ahead(connection, _PATIENCE)
        elif new:
            catch_up(connection, _PATIENCE)
        connection.execute(f"PRAGMA synchronous = {self._sync}")
        connection.execute("PRAGMA journal_size_limit = 16777216")
        connection.execute("PRAGMA cache_size = -32000")
        forget_cheaply(connection)
        # Asked here, so that a place where readers cannot make the shared memory they need shows at once.
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()

    def _refuse_foreign(self, connection: sqlite3.Connection) -> None:
        """Raises ReadOnly for a database with tables that are not ours."""
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != self._application:
            raise ReadOnly(f"{os.path.basename(self._path)} is somebody else's database")

    def _make(self) -> None:
        """An empty file for nobody else's eyes; the tables come with the first connection."""
        if not os.path.exists(self._path):
            self._prepare(os.path.dirname(self._path))
            files.begin(self._path)


def _length(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def is_ours(path: str) -> bool | None:
    """Whether a database is a store of ours. None for one that is empty still, or so damaged that it does not
    look like one: repairing sets it aside."""
    # By way of SQLite alone: whoever closes a file of his own takes away the locks that SQLite has on it in
    # this process (sqlite.org/howtocorrupt.html 2.2).
    address = f"{Path(path).absolute().as_uri()}?mode=ro"
    try:
        with forks.none_meanwhile(), closing(sqlite3.connect(address, uri=True)) as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except FAULTS:
        return None  # whoever opens it to write looks again
    return application == APPLICATION if tables else None
